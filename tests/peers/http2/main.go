// Command http2 is an HTTP/2 client of another stack (Go's net/http, prior knowledge), for tests: it talks to a server
// that echoes bodies, names its trailer X-End after the request's trailer X-Sum, and holds what it is told to.
//
//	http2 URL      prints "ok" once every conversation went as it should, else what did not
package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

func client() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: 60 * time.Second}
}

// converse speaks as a bidirectional gRPC call does: a message, its answer, the next one, and trailers at both ends.
func converse(c *http.Client, url string) error {
	reader, writer := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, url+"/package.Service/Method", reader)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	request.Trailer = http.Header{"X-Sum": nil}
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.ProtoMajor != 2 || response.StatusCode != 200 {
		return fmt.Errorf("%s %s", response.Proto, response.Status)
	}
	for i := range 100 {
		message := []byte(strings.Repeat(string(rune('a'+i%26)), 1+i*37))
		if _, err := writer.Write(message); err != nil {
			return err
		}
		back := make([]byte, len(message))
		if _, err := io.ReadFull(response.Body, back); err != nil {
			return err
		}
		if !bytes.Equal(back, message) {
			return errors.New("a message came back changed")
		}
	}
	request.Trailer.Set("X-Sum", "sum")
	writer.Close()
	if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
		return fmt.Errorf("%d bytes at the end, %v", len(rest), err)
	}
	if got := response.Trailer.Get("X-End"); got != "sum" {
		return fmt.Errorf("the trailer is %q", got)
	}
	return nil
}

// transfer sends and gets back `size` bytes.
func transfer(c *http.Client, url string, size int) error {
	sent := make([]byte, size)
	_, _ = rand.Read(sent)
	response, err := c.Post(url+"/", "application/octet-stream", bytes.NewReader(sent))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if !bytes.Equal(sent, got) {
		return errors.New("the bytes that came back differ")
	}
	return nil
}

// leave breaks off a request whose body has not ended.
func leave(c *http.Client, url string) error {
	reader, writer := io.Pipe()
	response, err := c.Post(url+"/", "application/octet-stream", reader)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	writer.CloseWithError(errors.New("broken off"))
	if _, err := io.ReadAll(response.Body); err == nil {
		return errors.New("a request that was broken off got a whole answer")
	}
	return nil
}

func all(url string) error {
	c := client()
	steps := []func() error{
		func() error { return converse(c, url) },
		func() error { return leave(c, url) },
		func() error { return transfer(c, url, 0) },
		func() error { return transfer(c, url, 3_000_000) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	var group sync.WaitGroup
	failures := make(chan error, 50)
	for range cap(failures) {
		group.Add(1)
		go func() {
			defer group.Done()
			failures <- errors.Join(converse(c, url), transfer(c, url, 100_000))
		}()
	}
	group.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: http2 URL")
		os.Exit(2)
	}
	if err := all(os.Args[1]); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("ok")
}
