"""Calculators that are made with other libraries, as servers of grpcalc."""

import os
import unittest
from pathlib import Path

from programs import FOREIGN, GRPCALC, ROOT, Terminal, run, start, stop

SERVERS = ROOT / "tests" / "foreign" / "servers"
STUBS = FOREIGN / "stubs"
NO_REFLECTION = "grpcalc: this server offers no reflection\n"
TYPED = "grpcalc: this server supports only typed calls: expressions can have integers, + - * and a final /\n"


class Calculator:
    """Tests of one server. `command` starts the server, which prints its address."""

    command = []
    environment = {}
    services = ("", NO_REFLECTION, 1)
    health = ("", "grpcalc: this server offers no health checks\n", 1)

    @classmethod
    def setUpClass(cls):
        environment = {**os.environ, **cls.environment}
        cls.server, cls.address = start(*map(str, cls.command), env=environment)

    @classmethod
    def tearDownClass(cls):
        stop(cls.server)

    def ask(self, line):
        return run(GRPCALC, "--addr", self.address, line)

    def test_expressions_become_typed_calls(self):
        self.assertEqual(self.ask("20 + 10"), ("30\n", TYPED, 0))

    def test_a_script(self):
        script = "add 20 10\nsubstract 20 10\nmultiply 20 10\ndivide 20 10\n20 + 10\n7 * 6\n"
        stdout, stderr, code = run(GRPCALC, "--addr", self.address, stdin=script)
        self.assertEqual((stdout, stderr, code), ("30\n10\n200\n2.0\n30\n42\n", TYPED, 0))

    def test_a_fault_ends_nothing(self):
        stdout, stderr, code = run(GRPCALC, "--addr", self.address, stdin="divide 1 0\nadd 1 2\n")
        self.assertEqual((stdout, code), ("3\n", 1))
        self.assertEqual(stderr, "grpcalc: line 1: division by zero (INVALID_ARGUMENT)\n")

    def test_services_and_health(self):
        self.assertEqual(self.ask(":services"), self.services)
        self.assertEqual(self.ask(":health"), self.health)

    def test_the_chat_is_not_there(self):
        stdout, stderr, code = self.ask(":say hello")
        self.assertEqual((stdout, code), ("", 1), stderr)

    def test_the_prompt(self):
        terminal = Terminal("--addr", self.address)
        self.addCleanup(terminal.close)
        terminal.expect("> ")
        terminal.type("20 + 10\r")
        terminal.expect("\n30\r\n")
        terminal.type("6 * 7\r")
        terminal.expect("\n42\r\n")


class ConnectNode(Calculator, unittest.TestCase):
    command = ["node", SERVERS / "connect_node.js", STUBS / "calc.binpb"]


class ConnectPython(Calculator, unittest.TestCase):
    command = [FOREIGN / "bin" / "python", SERVERS / "connectrpc_server.py"]


class Grpclib(Calculator, unittest.TestCase):
    command = [FOREIGN / "bin" / "python", SERVERS / "grpclib_server.py"]
    services = ("calc.Calculator\ngrpc.health.v1.Health\n", "", 0)
    health = ("SERVING\n", "", 0)

    def test_a_method_is_described_by_its_service(self):
        for name in ["calc.Calculator/Add", "calc.Calculator.Add"]:
            stdout, stderr, code = self.ask(f":describe {name}")
            self.assertEqual((stderr, code), ("", 0))
            self.assertIn("rpc Add(calc.AddRequest) returns (calc.AddReply);\n", stdout)
            self.assertIn("message AddRequest {\n", stdout)
        self.assertEqual(self.ask(":describe calc.Calculator/Ad")[2], 1)


class Purerpc(Calculator, unittest.TestCase):
    command = [FOREIGN / "purerpc" / "bin" / "python", SERVERS / "purerpc_server.py"]
    environment = {"PYTHONPATH": f"{STUBS}/purerpc"}


class Ruby(Calculator, unittest.TestCase):
    command = ["ruby", SERVERS / "server.rb"]


if __name__ == "__main__":
    unittest.main()
