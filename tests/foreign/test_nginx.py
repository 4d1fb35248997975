"""Two servers behind nginx, one of which ends under load."""

import subprocess
import tempfile
import unittest
from pathlib import Path
from urllib.request import urlopen

import grpc

import calc_pb2
import calc_pb2_grpc
from programs import GRPCALC, ROOT, answers, free_port, kill, run, serve, stop

CONFIGURATION = ROOT / "docs" / "nginx.conf"
LINES = 20_000


class Nginx:
    """nginx with `docs/nginx.conf` and other ports."""

    def __init__(self, servers):
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.address = f"127.0.0.1:{free_port()}"
        text = CONFIGURATION.read_text()
        for old, new in zip(["127.0.0.1:50051", "127.0.0.1:50052"], servers):
            assert old in text
            text = text.replace(old, new)
        text = text.replace("127.0.0.1:50050", self.address)
        temporary = "\n".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; pid {folder}/pid; error_log stderr crit;\n"
            f"events {{ worker_connections 1024; }}\n"
            f"http {{ access_log off; {temporary}\n{text} }}\n"
        )
        self.process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-c", str(configuration), "-e", "stderr"]
        )
        with grpc.insecure_channel(self.address) as channel:
            grpc.channel_ready_future(channel).result(timeout=20)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.folder.cleanup()


class TwoServers(unittest.TestCase):
    def setUp(self):
        self.kept, self.kept_address = serve()
        self.lost, self.lost_address = serve()
        self.nginx = Nginx([self.kept_address, self.lost_address])
        self.addCleanup(stop, self.kept)
        self.addCleanup(self.nginx.stop)

    def test_all_chat_members_reach_the_same_server(self):
        self.addCleanup(stop, self.lost)
        for number in range(4):
            said = run(GRPCALC, "--addr", self.nginx.address, "--name", "ada", f":say {number}")
            self.assertEqual(said, ("", "", 0))
        for _ in range(2):
            heard = run(GRPCALC, "--addr", self.nginx.address, stdin=":chat\n:say more\n")
            _, notes, code = heard
            self.assertEqual(
                (notes.splitlines()[:4], code), ([f"[ada] {n}" for n in range(4)], 0)
            )
        # The server with the chat may fail; the other still calculates.
        kill(self.kept)
        heard = run(GRPCALC, "--addr", self.nginx.address, "--timeout", "1s", stdin="1 + 1\n:chat\n")
        self.assertEqual((heard[0], heard[2]), ("2\n", 3))

    def under_load(self, end):
        """Returns the answers to a long script during which a server ends."""
        script = "".join(f"add {n} 1\n" for n in range(LINES))
        found, errors, code = answers(
            self.nginx.address, script, [(LINES // 4, lambda: end(self.lost))]
        )
        self.assertEqual((errors, code), ("", 0))
        self.assertEqual(found, [f"{n}\n" for n in range(1, LINES + 1)])

    def test_no_answer_is_lost_when_one_is_killed(self):
        self.under_load(kill)

    def test_no_answer_is_lost_when_one_is_stopped(self):
        self.under_load(stop)

    def test_no_answer_is_lost_when_both_are_restarted_one_after_the_other(self):
        def restart(server):
            stop(server)
            self.lost, _ = serve(listen=self.lost_address)
            self.addCleanup(stop, self.lost)
            stop(self.kept)
            self.kept, _ = serve(listen=self.kept_address)
            self.addCleanup(stop, self.kept)

        self.under_load(restart)

    def test_every_kind_of_call_passes(self):
        self.addCleanup(stop, self.lost)
        script = "x = 3\nx^2\nadd x 1\n:health\n1/0\n"
        stdout, stderr, code = run(GRPCALC, "--addr", self.nginx.address, stdin=script)
        self.assertEqual((stdout, code), ("9\n4\nSERVING\n", 1))
        self.assertEqual(stderr, "grpcalc: line 5: division by zero (column 2)\n")

    def test_clients_get_a_status_without_servers(self):
        with grpc.insecure_channel(self.nginx.address) as channel:
            stub = calc_pb2_grpc.CalculatorStub(channel)
            request = calc_pb2.AddRequest(n1=1, n2=2)
            self.assertEqual(stub.Add(request, timeout=10).n1, 3)
            kill(self.lost)
            self.assertEqual(stub.Add(request, timeout=10).n1, 3)
            self.kept.kill()
            self.kept.wait(timeout=20)
            with self.assertRaises(grpc.RpcError) as raised:
                stub.Add(request, timeout=10)
            self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAVAILABLE)


class Worksheets(unittest.TestCase):
    """A worksheet stays at the server that opened it. If that server is lost, the client
    restores the worksheet at another server."""

    COUNT = 50_000

    def serve(self):
        server, address = serve("--metrics", "127.0.0.1:0")
        self.addCleanup(stop, server)
        return server, address, server.stdout.readline().strip()

    @staticmethod
    def open_worksheets(server):
        with urlopen(f"http://{server[2]}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        [count] = [line.split()[1] for line in lines if line.startswith("grpcalc_worksheets ")]
        return int(count)

    def lose(self, which, end):
        """Returns the number of answers, the errors and the exit code of a script during which a
        server ends: `mine`, which has the worksheet, or the `other` one."""
        servers = [self.serve(), self.serve()]
        nginx = Nginx([address for _, address, _ in servers])
        self.addCleanup(nginx.stop)
        script = "x = 0\n" + self.COUNT * "x = x + 1\nx\n"

        def lose_one():
            mine, other = sorted(servers, key=self.open_worksheets, reverse=True)
            self.assertEqual([self.open_worksheets(it) for it in (mine, other)], [1, 0])
            end({"mine": mine, "other": other}[which][0])

        found, errors, code = answers(nginx.address, script, [(1, lose_one)])
        self.assertEqual(found, [f"{n + 1}\n" for n in range(len(found))])
        return len(found), errors, code

    def test_the_loss_of_the_other_server_has_no_effect(self):
        for end in (kill, stop):
            self.assertEqual(self.lose("other", end), (self.COUNT, "", 0))

    def test_a_script_outlives_its_own_server(self):
        for end in (kill, stop):
            self.assertEqual(self.lose("mine", end), (self.COUNT, "", 0))


if __name__ == "__main__":
    unittest.main()
