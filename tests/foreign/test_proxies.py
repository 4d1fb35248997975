"""Proxies, and their servers, that are killed under load."""

import os
import subprocess
import time
import unittest

import proxies
from programs import GRPCALC, answers, kill, run, serve, stop

# The long form: GRPCALC_LINES=60000 tests/foreign/run test_proxies
LINES = int(os.environ.get("GRPCALC_LINES", 20_000))


class BehindAProxy(unittest.TestCase):
    def setUp(self):
        self.server, self.address = serve()
        self.addCleanup(lambda: stop(self.server))

    def proxy(self, kind):
        proxy = kind(self.address)
        self.addCleanup(proxy.stop)
        proxy.wait()
        return proxy

    def restart_server(self):
        """Kills the server, and starts it again after 100 ms."""
        kill(self.server)
        time.sleep(0.1)
        self.server, address = serve(listen=self.address)
        self.assertEqual(address, self.address)

    @staticmethod
    def restart_proxy(proxy):
        """Kills the proxy, and starts it again after 1 s."""
        proxy.kill()
        time.sleep(1)
        proxy.start()

    def under_load(self, kind):
        proxy = self.proxy(kind)
        script = "".join(f"add {n} 1\n" for n in range(LINES))
        events = 2 * [self.restart_server, lambda: self.restart_proxy(proxy)]
        part = LINES // (len(events) + 1)
        steps = [(part, event) for event in events]
        found, errors, code = answers(proxy.address, script, steps)
        self.assertEqual(found, [f"{n}\n" for n in range(1, LINES + 1)], errors)
        self.assertEqual(code, 0, errors)
        for line in errors.splitlines():
            # Only a notice after a second of waiting.
            self.assertRegex(line, "^grpcalc: .*; trying to reconnect$")

    def test_every_kind_of_call_passes(self):
        script = "x = 3\nx^2\nadd x 1\n:health\n1/0\n"
        for kind in proxies.ALL:
            with self.subTest(kind.__name__):
                proxy = self.proxy(kind)
                stdout, stderr, code = run(GRPCALC, "--addr", proxy.address, stdin=script)
                self.assertEqual((stdout, code), ("9\n4\nSERVING\n", 1), stderr)
                self.assertEqual(stderr, "grpcalc: line 5: division by zero (column 2)\n")

    def test_calls_pass_through_a_tunnel(self):
        proxy = self.proxy(proxies.Tinyproxy)
        port = self.address.split(":")[1]
        for user, code in [("ada:secret@", 0), ("", 3)]:
            environment = {**os.environ, "https_proxy": f"http://{user}{proxy.address}"}
            command = [GRPCALC, "--timeout", "2s", "--addr", f"localhost:{port}", "20 + 10"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)
            if code == 0:
                self.assertEqual(done.stdout, "30\n")
            else:
                self.assertIn(proxy.address, done.stderr)
                self.assertIn("authorization required", done.stderr)

    def test_nothing_is_lost_behind_caddy(self):
        self.under_load(proxies.Caddy)

    def test_nothing_is_lost_behind_traefik(self):
        self.under_load(proxies.Traefik)

    def test_nothing_is_lost_behind_envoy(self):
        self.under_load(proxies.Envoy)

    def test_nothing_is_lost_behind_haproxy(self):
        self.under_load(proxies.HAProxy)

    def test_nothing_is_lost_behind_nginx(self):
        self.under_load(proxies.Nginx)


if __name__ == "__main__":
    unittest.main()
