"""A gRPC service without generated code: messages are bytes. Runs in a container of a session's own Docker.

usage: grpc_server.py PORT
"""
import sys
from concurrent import futures

import grpc

SERVICE = "helix.test.Words"


def upper(request, context):
    """Unary: the words in capitals; says in its trailers who asked, as the service saw it."""
    seen = {name: value for name, value in context.invocation_metadata()}
    context.set_trailing_metadata((("seen-own", seen.get("own", "")),
                                   ("seen-key", "yes" if "x-helix-authorization" in seen else "no")))
    if request == b"fail":
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no such words: ü")
    return request.upper()


def talk(requests, context):
    """Bidirectional stream: each message is answered before the next one is read."""
    for number, request in enumerate(requests):
        yield b"%d %s" % (number, request.upper())


def main(port):
    server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", 1 << 26)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        "Upper": grpc.unary_unary_rpc_method_handler(upper),
        "Talk": grpc.stream_stream_rpc_method_handler(talk),
    }),))
    server.add_insecure_port(f"0.0.0.0:{port}")
    server.start()
    print(f"listening on {port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main(int(sys.argv[1]))
