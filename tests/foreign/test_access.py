"""Clients of grpcio and grpc-js with a server that requires TLS and a token."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import calc_pb2
import calc_pb2_grpc
from programs import ROOT, run, serve, stop

CLIENT = Path(__file__).parent / "node" / "client.js"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def authority(folder, name):
    """Makes a self-signed certificate and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
        *("-addext", "subjectAltName=DNS:localhost"),
        *("-keyout", str(key), "-out", str(cert)),
    )
    return cert, key


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = Path(cls.folder.name)
        cls.cert, key = authority(folder, "localhost")
        cls.other, _ = authority(folder, "other")
        cls.server, address = serve("--cert", cls.cert, "--key", key, "--token", "secret")
        cls.address = "localhost:" + address.rsplit(":", 1)[1]

    @classmethod
    def tearDownClass(cls):
        assert stop(cls.server) == 0
        cls.folder.cleanup()

    def channel(self, roots, token=None):
        credentials = grpc.ssl_channel_credentials(roots.read_bytes())
        if token:
            call = grpc.access_token_call_credentials(token)
            credentials = grpc.composite_channel_credentials(credentials, call)
        return grpc.secure_channel(self.address, credentials)

    def add(self, roots, token):
        with self.channel(roots, token) as channel:
            stub = calc_pb2_grpc.CalculatorStub(channel)
            return stub.Add(calc_pb2.AddRequest(n1=20, n2=10), timeout=10).n1

    def refusal(self, roots, token):
        with self.assertRaises(grpc.RpcError) as raised:
            self.add(roots, token)
        return raised.exception.code()

    def test_a_caller_with_the_token_is_answered(self):
        self.assertEqual(self.add(self.cert, "secret"), 30)

    def test_others_are_refused(self):
        unauthenticated = grpc.StatusCode.UNAUTHENTICATED
        self.assertEqual(self.refusal(self.cert, "wrong"), unauthenticated)
        self.assertEqual(self.refusal(self.cert, None), unauthenticated)
        self.assertEqual(self.refusal(self.other, "secret"), grpc.StatusCode.UNAVAILABLE)

    def test_health_needs_no_token(self):
        with self.channel(self.cert) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            status = stub.Check(health_pb2.HealthCheckRequest(), timeout=10).status
        self.assertEqual(status, health_pb2.HealthCheckResponse.SERVING)

    def test_grpc_js(self):
        modules = os.environ["NODE_PATH"]
        self.assertTrue(Path(modules, "@grpc", "grpc-js").exists())
        proto = str(ROOT / "proto")
        stdout, stderr, code = run("node", CLIENT, self.address, self.cert, "secret", proto)
        self.assertEqual((stderr, code), ("", 0))
        self.assertEqual(
            json.loads(stdout),
            {
                "add": 30,
                "divide": 2,
                "evaluate": "0.33333333333333333333",
                "fault": {"code": "INVALID_ARGUMENT", "reason": "DIVISION_BY_ZERO"},
                "worksheet": ["3", "9", "DIVISION_BY_ZERO"],
                "deadline": "DEADLINE_EXCEEDED",
                "stranger": "UNAUTHENTICATED",
            },
        )


if __name__ == "__main__":
    unittest.main()
