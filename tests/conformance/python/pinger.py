"""A client on grpcio whose keepalive pings a server of dinokit.test.Kinds. Its argument is a JSON object: address, keepalive and pause in
milliseconds, and whether its two messages go over one stream. It fails if one of them does not come back."""

import json
import sys
import time

import grpc
import kinds_pb2
import kinds_pb2_grpc

want = json.loads(sys.argv[1])
channel = grpc.insecure_channel(
    want["address"],
    options=[
        ("grpc.keepalive_time_ms", want["keepalive"]),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    ],
)
stub = kinds_pb2_grpc.KindsStub(channel)


def messages():
    yield kinds_pb2.Msg(text="first")
    time.sleep(want["pause"] / 1000)
    yield kinds_pb2.Msg(text="second")


if want["stream"]:
    assert len(list(stub.Bidi(messages()))) == 2
else:
    for message in messages():
        stub.Unary(message)
channel.close()
