// Command revdial is a RevDial peer of another stack, for tests: it speaks the framed mode as deployed Go peers do
// (gorilla/websocket, fragments from its 4 KiB write buffer, TCP closed without a close frame when either side ends).
//
//	revdial runner URL ID TOKEN TARGET   dial out as runner ID, offer the TCP address TARGET
//	revdial server                       listen on 127.0.0.1, print the port; then serve one line of stdin each:
//	                                     "dial N": send N bytes to the runner's target, expect them back, print "ok N"
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	keepAliveEvery = 18 * time.Second
	silentFor      = 60 * time.Second
	maxLine        = 4096
)

type controlMsg struct {
	Command  string `json:"command,omitempty"`
	ConnPath string `json:"connPath,omitempty"`
	Err      string `json:"err,omitempty"`
}

// stream is a WebSocket's binary messages as one byte stream.
type stream struct {
	conn   *websocket.Conn
	reader io.Reader
	write  sync.Mutex
}

func (s *stream) Read(p []byte) (int, error) {
	for {
		if s.reader == nil {
			kind, reader, err := s.conn.NextReader()
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage {
				return 0, errors.New("unexpected text frame")
			}
			s.reader = reader
		}
		n, err := s.reader.Read(p)
		if err == io.EOF {
			s.reader = nil
			if n == 0 {
				continue
			}
			err = nil
		}
		return n, err
	}
}

func (s *stream) Write(p []byte) (int, error) {
	s.write.Lock()
	defer s.write.Unlock()
	w, err := s.conn.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return 0, err
	}
	n, err := w.Write(p)
	if err != nil {
		return n, err
	}
	return n, w.Close()
}

func (s *stream) Close() error { return s.conn.UnderlyingConn().Close() }

func pump(a, b io.ReadWriteCloser) {
	done := make(chan struct{}, 2)
	for _, pair := range [][2]io.ReadWriteCloser{{a, b}, {b, a}} {
		go func(from, to io.ReadWriteCloser) {
			_, _ = io.Copy(to, from)
			done <- struct{}{}
		}(pair[0], pair[1])
	}
	<-done // when either direction ends, both connections are closed
	_ = a.Close()
	_ = b.Close()
	<-done
}

func dialWebSocket(base, path, token string) (*stream, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	header := http.Header{"Authorization": []string{"Bearer " + token}}
	conn, _, err := websocket.DefaultDialer.Dial(u.String()+path, header)
	if err != nil {
		return nil, err
	}
	return &stream{conn: conn}, nil
}

func runRunner(base, id, token, target string) error {
	control, err := dialWebSocket(base, "/api/v1/revdial?runnerid="+url.QueryEscape(id), token)
	if err != nil {
		return err
	}
	fmt.Println("connected")
	lines := bufio.NewReaderSize(control, maxLine)
	for {
		_ = control.conn.SetReadDeadline(time.Now().Add(silentFor))
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return err
		}
		var msg controlMsg
		if err := json.Unmarshal(line, &msg); err != nil {
			return err
		}
		if msg.Command != "conn-ready" {
			continue
		}
		go func(path string) {
			data, err := dialWebSocket(base, strings.Replace(path, "/revdial", "/api/v1/revdial", 1), token)
			if err != nil {
				out, _ := json.Marshal(controlMsg{Command: "pickup-failed", ConnPath: path, Err: err.Error()})
				_, _ = control.Write(append(out, '\n'))
				return
			}
			local, err := net.DialTimeout("tcp", target, 5*time.Second)
			if err != nil {
				_ = data.Close()
				return
			}
			pump(data, local)
		}(msg.ConnPath)
	}
}

type server struct {
	mu      sync.Mutex
	control *stream
	ready   chan struct{}
	waiting map[string]chan *stream
	dialer  string
}

func randomID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	st := &stream{conn: conn}
	if r.URL.Query().Get("runnerid") != "" {
		s.mu.Lock()
		s.control = st
		s.mu.Unlock()
		close(s.ready)
		s.serveControl(st)
		return
	}
	s.mu.Lock()
	waiter := s.waiting[r.URL.Query().Get("revdial.req")]
	s.mu.Unlock()
	if waiter == nil {
		_ = st.Close()
		return
	}
	waiter <- st
}

func (s *server) send(msg controlMsg) error {
	out, err := json.Marshal(msg) // "&" becomes "\u0026", as deployed servers write it
	if err != nil {
		return err
	}
	_, err = s.control.Write(append(out, '\n'))
	return err
}

func (s *server) serveControl(control *stream) {
	go func() {
		for s.send(controlMsg{Command: "keep-alive"}) == nil {
			time.Sleep(keepAliveEvery)
		}
	}()
	_, _ = io.Copy(io.Discard, control)
}

func (s *server) dial() (*stream, error) {
	req := randomID()
	arrived := make(chan *stream, 1)
	s.mu.Lock()
	s.waiting[req] = arrived
	s.mu.Unlock()
	path := "/revdial?revdial.dialer=" + s.dialer + "&revdial.req=" + req
	if err := s.send(controlMsg{Command: "conn-ready", ConnPath: path}); err != nil {
		return nil, err
	}
	select {
	case st := <-arrived:
		return st, nil
	case <-time.After(20 * time.Second):
		return nil, errors.New("nothing was picked up")
	}
}

func (s *server) echo(size int) error {
	st, err := s.dial()
	if err != nil {
		return err
	}
	defer st.Close()
	sent := make([]byte, size)
	_, _ = rand.Read(sent)
	go func() { _, _ = st.Write(sent) }()
	got := make([]byte, size)
	if _, err := io.ReadFull(st, got); err != nil {
		return err
	}
	if !bytes.Equal(sent, got) {
		return errors.New("the bytes that came back differ")
	}
	return nil
}

func runServer() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &server{ready: make(chan struct{}), waiting: map[string]chan *stream{}, dialer: randomID()}
	go func() { _ = http.Serve(listener, s) }()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	<-s.ready
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		var size int
		if _, err := fmt.Sscanf(input.Text(), "dial %d", &size); err != nil {
			return err
		}
		if err := s.echo(size); err != nil {
			fmt.Println("failed:", err)
			continue
		}
		fmt.Println("ok", size)
	}
	return input.Err()
}

func main() {
	err := errors.New("usage: revdial runner URL ID TOKEN TARGET | revdial server")
	if len(os.Args) == 6 && os.Args[1] == "runner" {
		err = runRunner(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	} else if len(os.Args) == 2 && os.Args[1] == "server" {
		err = runServer()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "revdial:", err)
		os.Exit(1)
	}
}
