""":describe with a grpcio server whose proto files have editions, groups and extensions."""

import subprocess
import sys
import tempfile
import unittest
from concurrent import futures
from pathlib import Path

import grpc
from grpc_reflection.v1alpha import reflection

from programs import GRPCALC, run

PROTOS = Path(__file__).parent / "protos"


class Describe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        command = [sys.executable, "-m", "grpc_tools.protoc", "-I", PROTOS]
        output = ["--python_out", cls.folder.name]
        subprocess.run([*command, *output, *PROTOS.glob("*.proto")], check=True)
        sys.path.append(cls.folder.name)
        import editions_pb2  # noqa: F401
        import groups_pb2  # noqa: F401

        cls.server = grpc.server(futures.ThreadPoolExecutor())
        reflection.enable_server_reflection(["editions.S", "groups.S"], cls.server)
        cls.address = f"127.0.0.1:{cls.server.add_insecure_port('127.0.0.1:0')}"
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop(None).wait()
        sys.path.remove(cls.folder.name)
        cls.folder.cleanup()

    def described(self, name):
        stdout, stderr, code = run(GRPCALC, "--addr", self.address, f":describe {name}")
        self.assertEqual((stderr, code), ("", 0))
        return stdout

    def test_the_features_of_an_edition_and_an_idempotency_level(self):
        # grpcio knows the service, but not its method.
        text = self.described("editions.S/Get")
        for part in [
            "// editions.S.Get, a method in editions.proto, edition 2023\n",
            "// option features.field_presence = IMPLICIT;\n",
            "  option idempotency_level = NO_SIDE_EFFECTS;\n",
            '  int32 a = 1 [json_name = "Alpha", features.field_presence = EXPLICIT];\n',
            "  repeated int32 r = 2 [features.repeated_field_encoding = EXPANDED];\n",
            "  editions.M m = 3 [features.message_encoding = DELIMITED];\n",
        ]:
            self.assertIn(part, text)
        self.assertIn("  option features.enum_type = CLOSED;\n", self.described("editions.E"))

    def test_groups_and_extensions(self):
        text = self.described("groups.M")
        file = (PROTOS / "groups.proto").read_text()
        message = file[file.index("message M {") : file.index("\n\nextend M {")]
        extension = "extend groups.M {\n  optional int32 ext = 100;\n}\n"
        for part in [message, extension]:
            self.assertIn(part, text)
        self.assertIn(extension, self.described("groups.ext"))
        self.assertIn("  optional string inner = 101;\n", self.described("groups.M.inner"))


if __name__ == "__main__":
    unittest.main()
