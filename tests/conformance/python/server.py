"""dinokit.test.Kinds on grpcio. Prints READY and CANCELLED; the argument "gzip" compresses replies."""

import signal
import sys
import threading
import time
from concurrent import futures

import grpc
import kinds_pb2
import kinds_pb2_grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2
from grpc_status import rpc_status


def echo(context):
    """Returns x-echo and x-echo-bin in the header and x-trail in the trailer."""
    fields = context.invocation_metadata()
    context.send_initial_metadata([f for f in fields if f.key in ("x-echo", "x-echo-bin")])
    context.set_trailing_metadata([f for f in fields if f.key == "x-trail"])


def act(text, context):
    """Does what a text asks for: fail:CODE:TEXT, sleep:MS, or hang until the call ends."""
    verb, _, rest = text.partition(":")
    if verb == "fail":
        code, _, message = rest.partition(":")
        detail = any_pb2.Any()
        detail.Pack(kinds_pb2.Msg(text=message))
        context.abort_with_status(
            rpc_status.to_status(status_pb2.Status(code=int(code), message=message, details=[detail]))
        )
    if verb == "sleep":
        time.sleep(int(rest) / 1000)
    if verb == "hang":
        ended = threading.Event()
        if context.add_callback(ended.set):
            ended.wait()
        print("CANCELLED", flush=True)


class Kinds(kinds_pb2_grpc.KindsServicer):
    def Unary(self, request, context):
        echo(context)
        act(request.text, context)
        return request

    def ClientStream(self, requests, context):
        echo(context)
        texts = []
        for request in requests:
            act(request.text, context)
            texts.append(request.text)
        return kinds_pb2.Msg(text=",".join(texts), count=len(texts))

    def ServerStream(self, request, context):
        echo(context)
        for count in range(request.count):
            yield kinds_pb2.Msg(text=request.text, count=count, data=request.data)
        act(request.text, context)

    def Bidi(self, requests, context):
        echo(context)
        for request in requests:
            act(request.text, context)
            yield request


server = grpc.server(
    futures.ThreadPoolExecutor(max_workers=64),
    compression=grpc.Compression.Gzip if "gzip" in sys.argv else grpc.Compression.NoCompression,
)
kinds_pb2_grpc.add_KindsServicer_to_server(Kinds(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
signal.signal(signal.SIGTERM, lambda *_: server.stop(1))
print(f"READY 127.0.0.1:{port}", flush=True)
server.wait_for_termination()
