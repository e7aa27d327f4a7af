"""Random messages of all types of some .proto files, by Google's protobuf.

    corpus.py where
        prints the folders that have Google's .proto files, one a line
    corpus.py make COUNT FOLDER... < FILES
        reads the names of files, one a line, and prints a line of JSON for each message: {"file", "type", "hex", "value", "json"}
    corpus.py check < LINES
        reads a line of JSON for each message: {"theirs", "ours", "path": the file's folders and name, "type"}, where both are in
        hexadecimal or both JSON, and fails if they do not say the same

Values are written as codec.py writes them.
"""

import functools
import json
import os
import site
import sys
import tempfile
import zlib

import grpc_tools
from codec import Maker, plain, to_json
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from grpc_tools import protoc


@functools.cache
def pool_of(folders, name):
    """A file with all that it imports, and its descriptor."""
    with tempfile.NamedTemporaryFile() as out:
        args = [*(f"-I{one}" for one in folders), "--include_imports", f"--descriptor_set_out={out.name}", name]
        if protoc.main(["protoc", *args]) != 0:
            sys.exit(f"protoc refuses {name}")
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read()).file
    pool = descriptor_pool.DescriptorPool()
    for one in files:
        pool.Add(one)
    return pool, files[-1]


def types_of(messages, scope):
    for message in messages:
        if not message.options.map_entry:
            name = f"{scope}.{message.name}" if scope else message.name
            yield name
            yield from types_of(message.nested_type, name)


class AnyMaker(Maker):
    """Makes messages of proto2 as well. What it packs into an Any is a Duration, if the file knows that."""

    def fill(self, message, depth):
        super().fill(message, depth)
        for field in message.DESCRIPTOR.fields:
            if field.is_required and not message.HasField(field.name):
                if field.message_type:
                    getattr(message, field.name).SetInParent()
                    self.fill(getattr(message, field.name), depth + 1)
                else:
                    setattr(message, field.name, self.scalar(field))

    def fill_google_Any(self, message, depth):
        try:
            duration = message.DESCRIPTOR.file.pool.FindMessageTypeByName("google.protobuf.Duration")
        except KeyError:
            return
        held = message_factory.GetMessageClass(duration)()
        self.fill(held, depth + 2)
        message.Pack(held)

    def scalar(self, field):
        if field.type == Field.TYPE_ENUM and field.enum_type.is_closed:
            return self.random.choice([*field.enum_type.values_by_number])
        return super().scalar(field)


def make(count, *folders):
    for name in sys.stdin.read().split():
        pool, file = pool_of(folders, name)
        for type_name in types_of(file.message_type, file.package):
            cls = message_factory.GetMessageClass(pool.FindMessageTypeByName(type_name))
            maker = AnyMaker(zlib.crc32(type_name.encode()))
            for _ in range(int(count)):
                message = cls()
                maker.fill(message, 0)
                made = {"hex": message.SerializeToString().hex(), "value": plain(message), "json": to_json(message)}
                print(json.dumps({"file": name, "type": type_name, **made}))


def check():
    for line in sys.stdin:
        given = json.loads(line)
        *folders, name = given["path"]
        pool, _ = pool_of(tuple(folders), name)
        cls = message_factory.GetMessageClass(pool.FindMessageTypeByName(given["type"]))

        def read(one):
            if isinstance(one, str):
                return cls.FromString(bytes.fromhex(one))
            return json_format.ParseDict(one["json"], cls(), descriptor_pool=pool)

        if read(given["ours"]) != cls.FromString(bytes.fromhex(given["theirs"])):
            sys.exit(f"a {given['type']} of {name} is not what was made: {line}")


def where():
    print(*site.getsitepackages(), os.path.join(os.path.dirname(grpc_tools.__file__), "_proto"), sep="\n")


{"make": make, "check": check, "where": where}[sys.argv[1]](*sys.argv[2:])
