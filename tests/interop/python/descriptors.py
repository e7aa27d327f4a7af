"""Compares descriptors with those of protoc.

    descriptors.py FILE TYPE... < LINES
        reads a FileDescriptorProto in hexadecimal from each line, those that are imported first, and fails if they are not what
        protoc makes of FILE and its imports, or if messages of the types do not come through both
"""

import difflib
import sys

from codec import Maker, compiled, load
from google.protobuf.descriptor_pb2 import FileDescriptorProto, MethodOptions


def settle(file):
    """Without what the descriptors of Dinokit do not say: the place of maps among nested messages, the options of Google's files,
    whether a method without options has braces."""
    if file.name.startswith("google/"):
        file.ClearField("options")
    for message in file.message_type:
        sort(message)
    for method in (method for service in file.service for method in service.method):
        if method.options == MethodOptions():
            method.ClearField("options")
    return file


def sort(message):
    message.nested_type.sort(key=lambda nested: nested.name)
    for nested in message.nested_type:
        sort(nested)


def main():
    path, *types = sys.argv[1:]
    ours = [FileDescriptorProto.FromString(bytes.fromhex(line)) for line in sys.stdin]
    # Only its options are used.
    theirs = [one for one in compiled(path) if one.name != "google/protobuf/descriptor.proto"]
    ours = [one for one in ours if one.name != "google/protobuf/descriptor.proto"]
    if {one.name for one in ours} != {one.name for one in theirs}:
        sys.exit(f"the files are {[one.name for one in ours]} and not {[one.name for one in theirs]}")
    for name in types:
        make, read = load(ours, name), load(theirs, name)
        maker = Maker(1)
        for _ in range(20):
            message = make()
            maker.fill(message, 0)
            if make.FromString(read.FromString(message.SerializeToString()).SerializeToString()) != message:
                sys.exit(f"a {name} does not come through:\n{message}")
    expected = {one.name: settle(one) for one in theirs}
    for one in ours:
        if settle(one) != expected[one.name]:
            lines = difflib.unified_diff(str(expected[one.name]).split("\n"), str(one).split("\n"), "protoc", "Dinokit", "", "", 5)
            sys.exit(f"{one.name} differs:\n" + "\n".join(lines))


main()
