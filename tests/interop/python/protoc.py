"""Prints a .proto file and all that it imports by protoc: a FileDescriptorProto in hexadecimal on each line.

    protoc.py FILE
"""

import sys

from codec import compiled

for one in compiled(sys.argv[1]):
    print(one.SerializeToString().hex())
