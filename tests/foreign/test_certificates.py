"""Clients of grpcio with a server that requires certificates, and files reread on SIGHUP."""

import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import grpc

import calc_pb2
import calc_pb2_grpc
from programs import serve, stop

OK = grpc.StatusCode.OK
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, name):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.cleanup = self._folder.cleanup
        self.cert, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        self.openssl("req", "-x509", *self.new(name, self.key), "-days", "2", "-out", self.cert)

    def sign(self, name):
        """Makes a certificate for this machine and its key, and replaces earlier ones of that name."""
        request, extensions = self.folder / "request.pem", self.folder / "extensions"
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n")
        self.openssl("req", *self.new(name, key), "-out", request)
        self.openssl(
            *("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key),
            *("-CAcreateserial", "-extfile", extensions, "-days", "2", "-out", cert),
        )
        return cert, key

    @staticmethod
    def new(name, key):
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        return *curve, "-subj", f"/CN={name}", "-keyout", key

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def until(condition):
    """Waits until a condition holds, for 20 s at most."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


class Case(unittest.TestCase):
    def serve(self, *options):
        server, address = serve(*options)
        self.addCleanup(lambda: self.assertEqual(stop(server), 0))
        return server, address

    def connect(self, address, authority=None, client=(None, None)):
        """Opens a connection with the certificate and key in the files `client`."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        if authority is None:
            channel = grpc.insecure_channel(address, options)
        else:
            cert, key = (file and file.read_bytes() for file in client)
            roots = authority.cert.read_bytes()
            credentials = grpc.ssl_channel_credentials(roots, key, cert)
            channel = grpc.secure_channel(address, credentials, options)
        self.addCleanup(channel.close)
        return channel

    def add(self, channel, token=None):
        """Calls Add and returns its status."""
        metadata = [("authorization", f"Bearer {token}")] if token else []
        stub = calc_pb2_grpc.CalculatorStub(channel)
        try:
            stub.Add(calc_pb2.AddRequest(n1=20, n2=10), metadata=metadata, timeout=20)
        except grpc.RpcError as error:
            return error.code()
        return OK


class Certificates(Case):
    @classmethod
    def setUpClass(cls):
        cls.ours, cls.others = Authority("ours"), Authority("others")

    @classmethod
    def tearDownClass(cls):
        cls.ours.cleanup()
        cls.others.cleanup()

    def test_clients_need_a_certificate_of_the_authority(self):
        cert, key = self.ours.sign("server")
        _, address = self.serve("--cert", cert, "--key", key, "--client-ca", self.ours.cert)
        for name, client, status in [
            ("ours", self.ours.sign("client"), OK),
            ("another authority's", self.others.sign("client"), UNAVAILABLE),
            ("none", (None, None), UNAVAILABLE),
        ]:
            with self.subTest(name):
                self.assertEqual(self.add(self.connect(address, self.ours, client)), status)
        stranger = self.connect(address, self.others, self.ours.sign("client"))
        self.assertEqual(self.add(stranger), UNAVAILABLE)
        self.assertEqual(self.add(self.connect(address)), UNAVAILABLE)

    def serial_number(self, address):
        """Returns the serial number of the certificate that the server presents now."""
        context = ssl.create_default_context(cafile=self.ours.cert)
        context.set_alpn_protocols(["h2"])
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname=host) as encrypted:
                self.assertEqual(encrypted.selected_alpn_protocol(), "h2")
                return encrypted.getpeercert()["serialNumber"]

    def test_sighup_rereads_the_files(self):
        cert, key = self.ours.sign("server")
        server, address = self.serve("--cert", cert, "--key", key)
        before = self.connect(address, self.ours)
        self.assertEqual(self.add(before), OK)
        old = self.serial_number(address)
        self.ours.sign("server")
        self.assertEqual(self.serial_number(address), old)
        server.send_signal(signal.SIGHUP)
        until(lambda: self.serial_number(address) != old)
        self.assertEqual(self.add(self.connect(address, self.ours)), OK)
        # Open connections stay open.
        self.assertEqual(self.add(before), OK)


class Tokens(Case):
    def test_sighup_rereads_the_files(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("old\nboth\n")
            file.flush()
            server, address = self.serve("--token-file", file.name)
            channel = self.connect(address)
            found = {token: self.add(channel, token) for token in ("old", "both", "new")}
            self.assertEqual(found, {"old": OK, "both": OK, "new": UNAUTHENTICATED})
            Path(file.name).write_text("both\nnew\n")
            server.send_signal(signal.SIGHUP)
            until(lambda: self.add(channel, "new") == OK)
            found = {token: self.add(channel, token) for token in ("old", "both")}
            self.assertEqual(found, {"old": UNAUTHENTICATED, "both": OK})


if __name__ == "__main__":
    unittest.main()
