"""Random messages of one type by Google's protobuf, to compare a codec with.

    codec.py make FILE TYPE COUNT SEED
        prints a line of JSON for each message: {"hex": its bytes, "value": what it holds, "json": its canonical JSON, "full": that
        with what has its default}
    codec.py check FILE TYPE COUNT SEED < LINES
        reads a line of hexadecimal bytes, or of JSON, for each message and fails at the first that is not what `make` has made

A value is a number, text or boolean as in JSON; {"big": "7"} has 64 bits; {"bytes": "00ff"}; {"float": "Infinity"} where JSON has
no number; {"map": [[key, value], ...]}; {"message": {name: value}}, where a oneof is {"case": name, "value": value}.
"""

import json
import math
import os
import random
import re
import struct
import sys
import tempfile

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from grpc_tools import protoc

SMALL = {
    Field.TYPE_INT32: (-(2**31), 2**31 - 1),
    Field.TYPE_SINT32: (-(2**31), 2**31 - 1),
    Field.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    Field.TYPE_UINT32: (0, 2**32 - 1),
    Field.TYPE_FIXED32: (0, 2**32 - 1),
}
BIG = {
    Field.TYPE_INT64: (-(2**63), 2**63 - 1),
    Field.TYPE_SINT64: (-(2**63), 2**63 - 1),
    Field.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    Field.TYPE_UINT64: (0, 2**64 - 1),
    Field.TYPE_FIXED64: (0, 2**64 - 1),
}
ALPHABET = 'aZ09 _"\\\n\0\x7f\x80éßЖ北京\uffff😀𝄞'


def compiled(file):
    """A .proto file and all that it imports, by protoc."""
    folder, name = os.path.split(file)
    with tempfile.NamedTemporaryFile() as out:
        known = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
        args = ["protoc", f"-I{folder}", f"-I{known}", "--include_imports", f"--descriptor_set_out={out.name}", name]
        if protoc.main(args) != 0:
            sys.exit(f"protoc refuses {file}")
        return descriptor_pb2.FileDescriptorSet.FromString(out.read()).file


def load(files, type_name):
    """The class of a message in files, of which those that are imported come first."""
    pool = descriptor_pool.DescriptorPool()
    for one in files:
        pool.Add(one)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(type_name))


class Maker:
    """Makes messages, always the same ones for a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def fill(self, message, depth):
        special = getattr(self, "fill_" + message.DESCRIPTOR.full_name.replace("google.protobuf.", "google_"), None)
        if special:
            return special(message, depth)
        for field in message.DESCRIPTOR.fields:
            # The later cases of a oneof win. Deep messages are kept small.
            if self.random.random() < (0.4 if depth == 0 else 0.7):
                continue
            if is_map(field):
                self.fill_map(message, field, depth)
            elif field.is_repeated:
                self.fill_list(message, field, depth)
            elif field.message_type:
                if depth < 4:
                    getattr(message, field.name).SetInParent()
                    self.fill(getattr(message, field.name), depth + 1)
            else:
                setattr(message, field.name, self.scalar(field))

    def fill_list(self, message, field, depth):
        if is_null(field):
            return
        values = getattr(message, field.name)
        for _ in range(self.random.choice([1, 2, 3, 40])):
            if not field.message_type:
                values.append(self.scalar(field))
            elif depth < 3:
                self.fill(values.add(), depth + 2)

    def fill_map(self, message, field, depth):
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        values = getattr(message, field.name)
        if is_null(value):
            return
        for _ in range(self.random.choice([1, 2, 3, 20])):
            if not value.message_type:
                values[self.scalar(key)] = self.scalar(value)
            elif depth < 3:
                self.fill(values[self.scalar(key)], depth + 2)

    def fill_google_Any(self, message, depth):
        pool = message.DESCRIPTOR.file.pool
        if depth < 3:
            name = self.random.choice(["dinokit.test.Msg"] + ["google.protobuf." + n for n in ["Duration", "Int64Value", "Any", "Value"]])
            held = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))()
            self.fill(held, depth + 2)
            message.Pack(held)

    def fill_google_Timestamp(self, message, depth):
        message.seconds = self.random.choice([0, -1, -62135596800, 253402300799, self.random.randrange(-(2**34), 2**34)])
        message.nanos = self.nanos()

    def fill_google_Duration(self, message, depth):
        sign = self.random.choice([1, -1])
        message.seconds = sign * self.random.choice([0, 1, 315576000000, self.random.getrandbits(30)])
        message.nanos = sign * self.nanos()

    def nanos(self):
        return self.random.choice([0, 500_000_000, 12_000, 999_999_999, self.random.randrange(10**9)])

    def fill_google_FieldMask(self, message, depth):
        paths = ["a", "user.display_name", "x1.y_z", "photo"]
        message.paths.extend(self.random.choices(paths, k=self.random.randrange(4)))

    def fill_google_Value(self, message, depth):
        kind = self.random.choice(["null", "number", "string", "bool", "struct", "list"][: 6 if depth < 4 else 4])
        if kind in ("struct", "list"):
            getattr(message, kind + "_value").SetInParent()
            self.fill(getattr(message, kind + "_value"), depth + 1)
        elif kind == "number":
            message.number_value = self.random.choice([0, 1, -1.5, 1e300, 2**53])
        else:
            setattr(message, kind + "_value", {"null": 0, "string": self.text(), "bool": self.random.random() < 0.5}[kind])

    def text(self):
        text = "".join(self.random.choices(ALPHABET, k=self.random.choice([0, 1, 5, 39, 64, 200])))
        # JSON.parse of Deno 2.9.6 takes any escaped key of one character for "\\", if it has lately seen that in the same place.
        return "" if text == "\\" else text

    def scalar(self, field):
        if field.type in SMALL or field.type in BIG:
            least, most = (SMALL.get(field.type) or BIG.get(field.type))
            bits = self.random.randrange(65)
            return max(least, min(most, self.random.choice([0, 1, -1, least, most, self.random.getrandbits(bits + 1) - 2**bits])))
        if field.type == Field.TYPE_BOOL:
            return self.random.random() < 0.5
        if is_null(field):
            return 0
        if field.type == Field.TYPE_ENUM:
            return self.random.choice([*field.enum_type.values_by_number, *([] if field.enum_type.is_closed else [77, -1])])
        if field.type == Field.TYPE_STRING:
            return self.text()
        if field.type == Field.TYPE_BYTES:
            return self.random.randbytes(self.random.choice([0, 1, 127, 128, 300]))
        value = self.random.choice([0.0, -0.0, 1.5, math.inf, -math.inf, self.random.uniform(-1e9, 1e9), 5e-324])
        return struct.unpack("<f", struct.pack("<f", value))[0] if field.type == Field.TYPE_FLOAT else value


def is_null(field):
    """Whether it is a NullValue. Python writes null for several of them, and does not read that."""
    return field.enum_type is not None and field.enum_type.full_name == "google.protobuf.NullValue"


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def local(name):
    """What a field or oneof is called in TypeScript."""
    return name[0] + re.sub("_([a-z])", lambda match: match[1].upper(), name[1:])


def plain(message):
    """What a message holds: what has presence only if it is set, all else always."""
    result = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        oneof = field.containing_oneof
        real_oneof = oneof is not None and not oneof.name.startswith("_")
        if field.has_presence and not message.HasField(field.name):
            continue
        if is_map(field):
            key, item = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            result[local(field.name)] = {"map": [[one(key, k), one(item, value[k])] for k in value]}
        elif field.is_repeated:
            result[local(field.name)] = [one(field, item) for item in value]
        elif real_oneof:
            result[local(oneof.name)] = {"case": local(field.name), "value": one(field, value)}
        else:
            result[local(field.name)] = one(field, value)
    return {"message": result}


def one(field, value):
    if field.message_type:
        return plain(value)
    if field.type in BIG:
        return {"big": str(value)}
    if field.type == Field.TYPE_BYTES:
        return {"bytes": value.hex()}
    if isinstance(value, float) and (math.isinf(value) or (value == 0 and math.copysign(1, value) < 0)):
        return {"float": "-0" if value == 0 else "Infinity" if value > 0 else "-Infinity"}
    return value


def to_json(message, **options):
    return json_format.MessageToDict(message, descriptor_pool=message.DESCRIPTOR.file.pool, **options)


def main():
    command, file, type_name, count, seed = sys.argv[1:]
    make = load(compiled(file), type_name)
    maker = Maker(int(seed))
    for number in range(int(count)):
        message = make()
        maker.fill(message, 0)
        if command == "make":
            made = {"hex": message.SerializeToString().hex(), "value": plain(message), "json": to_json(message)}
            print(json.dumps({**made, "full": to_json(message, always_print_fields_with_no_presence=True)}))
            continue
        line = sys.stdin.readline()
        if line.startswith(("{", "[", '"')):
            read = json_format.Parse(line, make(), descriptor_pool=make.DESCRIPTOR.file.pool)
        else:
            read = make.FromString(bytes.fromhex(line))
        if read != message:
            sys.exit(f"message {number} of {type_name} is not what was made:\n{message}\n--- but\n{read}")


if __name__ == "__main__":
    main()
