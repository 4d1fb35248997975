"""grpcalc with foreign programs made from the same proto files."""

import json
import queue
import subprocess
import sys
import tempfile
import unittest
from concurrent import futures
from pathlib import Path

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import calc_pb2
import calc_pb2_grpc
from grpcalc.v1 import evaluator_pb2, evaluator_pb2_grpc

from programs import BUF, GRPCALC, HEAVY, ROOT, run, serve, start, stop

CALCULATOR = Path(__file__).parent / "calculator.py"
TUTORIAL = "add 20 10\nsubtract 20 10\nmultiply 20 10\ndivide 20 10\n"


class OurServer(unittest.TestCase):
    """Foreign clients call `grpcalc serve`."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.socket = f"unix:{cls.folder.name}/calc.sock"
        cls.server, cls.address = serve("--listen", cls.socket)
        cls.channel = grpc.insecure_channel(cls.address)
        cls.stub = calc_pb2_grpc.CalculatorStub(cls.channel)
        cls.evaluator = evaluator_pb2_grpc.EvaluatorServiceStub(cls.channel)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        stop(cls.server)
        assert cls.server.returncode == 0, cls.server.returncode
        cls.folder.cleanup()

    def test_the_tutorials_client(self):
        expected = ("30\n10\n200\n5.0\n", "", 0)
        self.assertEqual(run(sys.executable, CALCULATOR, "call", self.address), expected)
        self.assertEqual(run(sys.executable, CALCULATOR, "call", self.socket), expected)

    def test_statuses_and_their_details(self):
        for call, request, code, reason, fields in [
            (
                self.stub.Divide,
                calc_pb2.DivideRequest(n1=1, n2=0),
                grpc.StatusCode.INVALID_ARGUMENT,
                "DIVISION_BY_ZERO",
                ["n2"],
            ),
            (
                self.stub.Add,
                calc_pb2.AddRequest(n1=2**31 - 1, n2=1),
                grpc.StatusCode.OUT_OF_RANGE,
                "OVERFLOW",
                [],
            ),
            (
                self.stub.Substract,
                calc_pb2.SubstractRequest(n1=-(2**31), n2=1),
                grpc.StatusCode.OUT_OF_RANGE,
                "OVERFLOW",
                [],
            ),
            (
                self.stub.Multiply,
                calc_pb2.MultiplyRequest(n1=2**16, n2=2**15),
                grpc.StatusCode.OUT_OF_RANGE,
                "OVERFLOW",
                [],
            ),
        ]:
            with self.subTest(reason=reason), self.assertRaises(grpc.RpcError) as raised:
                call(request)
            self.assertEqual(raised.exception.code(), code)
            details = rpc_status.from_call(raised.exception).details
            info = error_details_pb2.ErrorInfo()
            self.assertTrue(details[0].Unpack(info))
            self.assertEqual((info.reason, info.domain), (reason, "grpcalc"))
            violated = []
            for detail in details[1:]:
                bad = error_details_pb2.BadRequest()
                self.assertTrue(detail.Unpack(bad))
                violated += [violation.field for violation in bad.field_violations]
            self.assertEqual(violated, fields)

    def evaluate(self, expression, **options):
        request = evaluator_pb2.EvaluateRequest(
            expression=expression, options=evaluator_pb2.Options(**options)
        )
        return self.evaluator.Evaluate(request).answer

    def test_expressions(self):
        for expression, text, rounded, exact in [
            ("20 + 10", "30", False, "integer"),
            ("1/3", "0.33333333333333333333", True, "fraction"),
            ("1 < 2", "true", False, "truth"),
            ("2^100", "1267650600228229401496703205376", False, None),
            ("sqrt(2)", "1.4142135623730950488", True, None),
        ]:
            value = self.evaluate(expression).value
            found = (value.text, value.rounded, value.WhichOneof("exact"))
            self.assertEqual(found, (text, rounded, exact))
        third = self.evaluate("-1/3").value.fraction
        self.assertEqual((third.numerator, third.denominator), ("-1", "3"))
        self.assertEqual(self.evaluate("pi", digits=5).value.text, "3.1416")
        degree = evaluator_pb2.ANGLE_UNIT_DEGREE
        self.assertEqual(self.evaluate("sin(30)", angle_unit=degree).value.text, "0.5")
        self.assertEqual(self.evaluate("x = 3").name, "x")
        self.assertIsNone(self.evaluate("# nothing").WhichOneof("result"))

    def test_faults_of_expressions(self):
        for expression, code, reason, span, help in [
            ("sqt(9)", "INVALID_ARGUMENT", "UNKNOWN_NAME", ("0", "6"), "did you mean 'sqrt'?"),
            ("é = 1; 1/0", "INVALID_ARGUMENT", "DIVISION_BY_ZERO", ("8", "9"), None),
            ("9^9^9 mod 7", "RESOURCE_EXHAUSTED", "LIMIT", ("6", "9"), None),
        ]:
            with self.subTest(expression), self.assertRaises(grpc.RpcError) as raised:
                self.evaluate(expression)
            self.assertEqual(raised.exception.code().name, code)
            info = error_details_pb2.ErrorInfo()
            rpc_status.from_call(raised.exception).details[0].Unpack(info)
            self.assertEqual((info.reason, info.domain), (reason, "grpcalc"))
            found = (info.metadata["start"], info.metadata["end"])
            self.assertEqual((found, info.metadata.get("help")), (span, help))

    def test_a_worksheet(self):
        """The client writes a request after each answer, as an interactive one does."""
        lines = queue.SimpleQueue()
        responses = self.evaluator.Worksheet(iter(lines.get, None))

        def ask(**request):
            lines.put(evaluator_pb2.WorksheetRequest(**request))
            answers = []
            for response in responses:
                answers.extend(response.answers)
                if response.done:
                    return answers

        def run(text, **options):
            options = evaluator_pb2.Options(**options)
            return ask(run=evaluator_pb2.Run(text=text, options=options))

        def texts(answers):
            return [(answer.line, answer.name, answer.value.text) for answer in answers]

        found = run("x = 5\nf(n) = n/x\n# nothing\nf(2)\nans + 1/3", digits=5)
        self.assertEqual(
            texts(found),
            [(0, "x", "5"), (1, "f", ""), (2, "", ""), (3, "", "0.4"), (4, "", "0.73333")],
        )
        self.assertEqual(found[3].value.fraction.denominator, "5")
        self.assertTrue(found[4].value.rounded)
        self.assertIsNone(found[2].WhichOneof("result"))
        [fault] = run("é = 1/0")
        self.assertEqual((fault.fault.reason, fault.fault.message), ("DIVISION_BY_ZERO", "division by zero"))
        self.assertEqual((fault.fault.span.start, fault.fault.span.end), (5, 6))
        self.assertEqual(texts(ask(preview=evaluator_pb2.Preview(text="x = 7"))), [(0, "x", "7")])
        self.assertEqual(
            texts(ask(names=evaluator_pb2.Names())), [(0, "f(n)", "n/x"), (1, "x", "5")]
        )
        lines.put(evaluator_pb2.WorksheetRequest(run=evaluator_pb2.Run(text=HEAVY)))
        lines.put(evaluator_pb2.WorksheetRequest(cancel=evaluator_pb2.Cancel()))
        [cancelled] = next(responses).answers
        self.assertEqual(cancelled.fault.reason, "CANCELLED")
        self.assertEqual(texts(run("x")), [(0, "", "5")])
        lines.put(None)
        self.assertEqual(list(responses), [])

    def test_many_runs_at_once(self):
        """The client sends one line a request, and reads answers meanwhile."""
        requests = (
            evaluator_pb2.WorksheetRequest(run=evaluator_pb2.Run(text=f"{n} + 1"))
            for n in range(20_000)
        )
        found = [
            response.answers[0].value.integer for response in self.evaluator.Worksheet(requests)
        ]
        self.assertEqual(found, list(range(1, 20_001)))

    def test_a_long_run(self):
        text = "\n".join(f"{n} * 2" for n in range(200_000))
        request = evaluator_pb2.WorksheetRequest(run=evaluator_pb2.Run(text=text))
        found = [
            answer.value.integer
            for response in self.evaluator.Worksheet(iter([request]))
            for answer in response.answers
        ]
        self.assertEqual(found, [2 * n for n in range(200_000)])

    def test_many_calls_at_once(self):
        def add(n):
            return self.stub.Add(calc_pb2.AddRequest(n1=n, n2=1)).n1

        with futures.ThreadPoolExecutor(max_workers=32) as pool:
            answers = list(pool.map(add, range(2000)))
        self.assertEqual(answers, list(range(1, 2001)))

    def test_an_unknown_method_is_unimplemented(self):
        call = self.channel.unary_unary("/calc.Calculator/Power")
        with self.assertRaises(grpc.RpcError) as raised:
            call(b"")
        self.assertEqual(raised.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    def buf_curl(self, method, request):
        url = f"http://{self.address}/calc.Calculator/{method}"
        schema = ROOT / "proto" / "calc.proto"
        data = json.dumps(request)
        return run(
            BUF, "curl", "--schema", schema, "--protocol", "grpc", "--data", data, url
        )

    def test_buf_curl(self):
        stdout, stderr, code = self.buf_curl("Add", {"n1": 20, "n2": 10})
        self.assertEqual((json.loads(stdout), code), ({"n1": 30}, 0), stderr)
        stdout, stderr, code = self.buf_curl("Divide", {"n1": 20, "n2": 10})
        self.assertEqual((json.loads(stdout), code), ({"f1": 2}, 0), stderr)
        stdout, stderr, code = self.buf_curl("Divide", {"n1": 1, "n2": 0})
        self.assertNotEqual(code, 0)
        self.assertIn("division by zero", stderr)


class OurClient(unittest.TestCase):
    """`grpcalc --addr` calls a Python server."""

    @classmethod
    def setUpClass(cls):
        cls.server, port = start(sys.executable, CALCULATOR, "serve", "127.0.0.1:0")
        cls.address = f"127.0.0.1:{port}"

    @classmethod
    def tearDownClass(cls):
        stop(cls.server)

    def ask(self, *arguments, stdin=""):
        return run(GRPCALC, "--addr", self.address, *arguments, stdin=stdin)

    def test_the_tutorials_lines(self):
        self.assertEqual(self.ask(stdin=TUTORIAL), ("30\n10\n200\n2.0\n", "", 0))
        self.assertEqual(self.ask("divide", "-10", "4"), ("-2.5\n", "", 0))

    def test_messages_of_its_failures(self):
        stdout, stderr, code = self.ask(stdin="divide 1 0\nadd 1 2\n")
        self.assertEqual((stdout, code), ("3\n", 1))
        self.assertEqual(
            stderr,
            "grpcalc: line 1: Exception calling application: division by zero (UNKNOWN)\n",
        )

    def test_expressions_become_typed_calls(self):
        stdout, stderr, code = self.ask(stdin="20 + 10 * 3\n7/2\n10/2\n-(2 + 3)\nsqrt(16)\n")
        self.assertEqual((stdout, code), ("50\n3.5\n5.0\n-5\n", 1))
        notice, beyond = stderr.splitlines()
        self.assertIn("only typed calls", notice)
        self.assertTrue(beyond.startswith("grpcalc: line 5: "), beyond)

    def test_a_long_script(self):
        lines = [f"add {n} 1\n" for n in range(2000)]
        stdout, stderr, code = self.ask(stdin="".join(lines))
        self.assertEqual((stderr, code), ("", 0))
        self.assertEqual(stdout.split(), [str(n + 1) for n in range(2000)])


class ServersWithAWillOfTheirOwn(unittest.TestCase):
    """Python servers that accept few calls, close old connections, or are slow."""

    def check(self, *options, lines=2000, arguments=()):
        server, port = start(sys.executable, CALCULATOR, "serve", "127.0.0.1:0", *options)
        self.addCleanup(stop, server)
        script = "".join(f"add {n} 1\n" for n in range(lines))
        address = f"127.0.0.1:{port}"
        stdout, stderr, code = run(GRPCALC, "--addr", address, *arguments, stdin=script)
        self.assertEqual((stderr, code), ("", 0))
        self.assertEqual(stdout.split(), [str(n + 1) for n in range(lines)])

    def test_few_calls_at_once(self):
        for limit in (1, 3, 100, 256):
            with self.subTest(limit=limit):
                self.check(f"grpc.max_concurrent_streams={limit}")

    def test_calls_refused_with_a_status(self):
        self.check("calls_at_once=8", "delay_ms=2")

    def test_connections_closed_after_a_time(self):
        self.check("grpc.max_connection_age_ms=300", lines=5000)

    def test_a_slow_server_whose_queue_outlasts_the_deadline(self):
        # 300 calls of 0.1 s, 10 at a time, take 3 s. With 256 under way at once, the
        # last would wait 2.5 s and miss its deadline.
        self.check("delay_ms=100", lines=300, arguments=("--timeout", "2"))


class Sums(evaluator_pb2_grpc.EvaluatorServiceServicer):
    """A foreign server's worksheet: it adds, and sends one response for each line."""

    def Worksheet(self, requests, context):
        for request in requests:
            lines = request.run.text.split("\n")
            for index, line in enumerate(lines):
                answer = evaluator_pb2.Answer(line=index)
                if line == "skip":
                    continue
                if line == "leave":
                    return
                answer.value.text = str(sum(int(word) for word in line.split("+")))
                done = index + 1 == len(lines)
                yield evaluator_pb2.WorksheetResponse(answers=[answer], done=done)


class ForeignWorksheets(unittest.TestCase):
    """grpcalc uses the worksheet of a foreign server, which sends nothing, not even
    headers, before its first answer."""

    def setUp(self):
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
        evaluator_pb2_grpc.add_EvaluatorServiceServicer_to_server(Sums(), self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def tearDown(self):
        self.server.stop(0).wait()

    def test_a_script(self):
        script = "".join(f"{n} + 1\n" for n in range(30_000))
        stdout, stderr, code = run(GRPCALC, "--addr", self.address, stdin=script)
        self.assertEqual((stderr, code), ("", 0))
        self.assertEqual(stdout.split(), [str(n + 1) for n in range(30_000)])

    def test_missing_answers(self):
        for word, cause in [
            ("skip", "the answers of the server do not match the requests"),
            ("leave", "the server ended the worksheet"),
        ]:
            script = f"1 + 1\n{word}\n2 + 2\n"
            stdout, stderr, code = run(GRPCALC, "--addr", self.address, stdin=script)
            lost = f"grpcalc: line 2: lost the connection to {self.address}: {cause}\n"
            none = "grpcalc: that line and all later lines were not answered\n"
            self.assertEqual((stdout, stderr, code), ("2\n", lost + none, 3))


if __name__ == "__main__":
    unittest.main()
