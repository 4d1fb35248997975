"""Compressed messages, between grpcalc and grpcio in both directions."""

import unittest
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

import calc_pb2
import calc_pb2_grpc
from calculator import Calculator
from grpcalc.v1 import evaluator_pb2, evaluator_pb2_grpc
from programs import GRPCALC, run, serve, stop

ENCODINGS = [grpc.Compression.Gzip, grpc.Compression.Deflate]


class TheirServer(unittest.TestCase):
    """grpcio names its encoding in every answer, and compresses an answer if it becomes shorter."""

    def serve(self, encoding):
        server = grpc.server(futures.ThreadPoolExecutor(), compression=encoding)
        calc_pb2_grpc.add_CalculatorServicer_to_server(Calculator(), server)
        health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
        names = ("calc.Calculator", reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(lambda: server.stop(None).wait())
        return f"127.0.0.1:{port}"

    def test_calls_reflection_and_health(self):
        for encoding in ENCODINGS:
            address = self.serve(encoding)
            script = "add 20 10\n20 + 10\n:health\n:services\n:describe calc.AddReply\n"
            stdout, stderr, code = run(GRPCALC, "--addr", address, stdin=script)
            self.assertEqual(code, 0, stderr)
            self.assertEqual(stdout.splitlines()[:4], ["30", "30", "SERVING", "calc.Calculator"])
            self.assertIn("message AddReply {\n", stdout)


class OurServer(unittest.TestCase):
    def test_requests_may_be_compressed(self):
        server, address = serve()
        self.addCleanup(stop, server)
        for encoding in ENCODINGS:
            with grpc.insecure_channel(address, compression=encoding) as channel:
                stub = calc_pb2_grpc.CalculatorStub(channel)
                self.assertEqual(stub.Add(calc_pb2.AddRequest(n1=20, n2=10)).n1, 30)
                evaluator = evaluator_pb2_grpc.EvaluatorServiceStub(channel)
                # A request and an answer that are long enough to be compressed.
                request = evaluator_pb2.EvaluateRequest(expression="+".join(2000 * ["1"]))
                self.assertEqual(evaluator.Evaluate(request).answer.value.text, "2000")
                request = evaluator_pb2.EvaluateRequest(expression="10^5000")
                text = evaluator.Evaluate(request).answer.value.text
                self.assertEqual(text, "1" + 5000 * "0")

    def test_a_request_that_inflates_beyond_the_limit_is_refused(self):
        server, address = serve("--max-message", "1MiB")
        self.addCleanup(stop, server)
        with grpc.insecure_channel(address, compression=grpc.Compression.Gzip) as channel:
            stub = evaluator_pb2_grpc.EvaluatorServiceStub(channel)
            with self.assertRaises(grpc.RpcError) as raised:
                stub.Evaluate(evaluator_pb2.EvaluateRequest(expression=(8 << 20) * "1"))
            self.assertEqual(raised.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)


if __name__ == "__main__":
    unittest.main()
