"""One call to dinokit.test.Kinds with grpcio. Its argument is a JSON object (see peer.ts); it prints what came of it as JSON."""

import base64
import json
import sys
import threading

import grpc
import kinds_pb2
import kinds_pb2_grpc
from grpc_status import rpc_status

want = json.loads(sys.argv[1])


def fields_of(metadata):
    """Metadata as JSON: the values of -bin keys are base64."""
    fields = {}
    for key, value in metadata or ():
        text = value if isinstance(value, str) else base64.b64encode(value).decode()
        fields.setdefault(key, []).append(text)
    return fields


def sent_fields():
    return [
        (key, base64.b64decode(value) if key.endswith("-bin") else value)
        for key, value in want["metadata"].items()
    ]


def requests():
    for _ in range(want["messages"]):
        yield message


def details_of(call):
    status = rpc_status.from_call(call)
    texts = []
    for detail in status.details if status else ():
        msg = kinds_pb2.Msg()
        texts.append(msg.text if detail.Unpack(msg) else detail.type_url)
        texts[-1] = msg.text or texts[-1]
    return texts


message = kinds_pb2.Msg(text=want["text"], count=want["messages"], data=bytes(want["size"]))
compression = grpc.Compression.Gzip if want["gzip"] else grpc.Compression.NoCompression
channel = grpc.insecure_channel(want["address"], compression=compression)
stub = kinds_pb2_grpc.KindsStub(channel)
options = {"metadata": sent_fields(), "timeout": want["timeout"] / 1000 if want["timeout"] else None}
replies = []

if want["kind"] == "unary":
    call = stub.Unary.future(message, **options)
elif want["kind"] == "client":
    call = stub.ClientStream.future(requests(), **options)
elif want["kind"] == "server":
    call = stub.ServerStream(message, **options)
else:
    call = stub.Bidi(requests(), **options)
if want["cancelAfter"] == 0:
    # grpcio does not show the header of a unary call before its end.
    threading.Timer(1, call.cancel).start()

try:
    for reply in [call.result()] if want["kind"] in ("unary", "client") else call:
        replies.append({"text": reply.text, "count": reply.count, "bytes": len(reply.data)})
        if len(replies) == want["cancelAfter"]:
            call.cancel()
except (grpc.RpcError, grpc.FutureCancelledError):
    pass  # the status says it

print(
    json.dumps(
        {
            "replies": replies,
            "header": fields_of(call.initial_metadata()),
            "trailer": fields_of(call.trailing_metadata()),
            "status": {"code": call.code().value[0], "message": call.details() or "", "details": details_of(call)},
        }
    )
)
channel.close()
