"""Reflection and health checks between grpcalc and grpcio, in both directions."""

import json
import unittest
from concurrent import futures

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import (
    proto_reflection_descriptor_database,
    reflection,
    reflection_pb2,
)

import calc_pb2
import calc_pb2_grpc
from programs import BUF, GRPCALC, run, serve, stop

SERVICES = [
    "calc.Calculator",
    "grpc.ChatServer",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "grpcalc.v1.EvaluatorService",
]
CALLS = {
    "calc.Calculator/Add": ({"n1": 20, "n2": 10}, {"n1": 30}),
    "calc.Calculator/Substract": ({"n1": 20, "n2": 10}, {"n1": 10}),
    "calc.Calculator/Multiply": ({"n1": 20, "n2": 10}, {"n1": 200}),
    "calc.Calculator/Divide": ({"n1": 20, "n2": 10}, {"f1": 2.0}),
    "grpcalc.v1.EvaluatorService/Evaluate": (
        {"expression": "1/3*3"},
        {"answer": {"value": {"text": "1", "integer": "1"}}},
    ),
    "grpcalc.v1.EvaluatorService/Worksheet": (
        {"run": {"text": "x = 3"}},
        {
            "answers": [{"name": "x", "value": {"text": "3", "integer": "3"}}],
            "done": True,
        },
    ),
    "grpc.ChatServer/SendNote": ({"name": "ada", "message": "hello"}, {}),
    "grpc.health.v1.Health/Check": ({"service": "calc.Calculator"}, {"status": "SERVING"}),
    "grpc.health.v1.Health/List": (
        {},
        {"statuses": {service: {"status": "SERVING"} for service in ["", *SERVICES]}},
    ),
}


class OurServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server, cls.address = serve()
        cls.channel = grpc.insecure_channel(cls.address)
        cls.described = proto_reflection_descriptor_database.ProtoReflectionDescriptorDatabase(
            cls.channel
        )
        cls.pool = descriptor_pool.DescriptorPool(cls.described)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        assert stop(cls.server) == 0

    def test_services_are_listed(self):
        self.assertEqual(sorted(self.described.get_services()), SERVICES)

    def test_version_1_answers_the_same(self):
        # The messages of v1 equal those of v1alpha, and grpcio has only the latter.
        call = self.channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        [response] = call(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        listed = response.list_services_response.service
        self.assertEqual(sorted(service.name for service in listed), SERVICES)

    def test_every_method_is_called_by_reflection(self):
        for path, (request, expected) in CALLS.items():
            service, name = path.split("/")
            method = self.pool.FindServiceByName(service).methods_by_name[name]
            sent = message_factory.GetMessageClass(method.input_type)()
            json_format.ParseDict(request, sent)
            received = message_factory.GetMessageClass(method.output_type)
            kinds = {True: "stream", False: "unary"}
            call = getattr(
                self.channel,
                f"{kinds[method.client_streaming]}_{kinds[method.server_streaming]}",
            )(
                "/" + path,
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=received.FromString,
            )
            if method.client_streaming:
                [reply] = call(iter([sent]))
            else:
                reply = call(sent)
            self.assertEqual(json_format.MessageToDict(reply), expected, path)

    def test_there_are_no_other_methods(self):
        listed = [
            f"{service}/{method.name}"
            for service in SERVICES
            for method in self.pool.FindServiceByName(service).methods
        ]
        streams = {
            "grpc.ChatServer/ChatStream",
            "grpc.health.v1.Health/Watch",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        }
        self.assertEqual(set(listed), set(CALLS) | streams)

    def test_comments_are_included(self):
        for service, comment in [
            ("calc.Calculator", " Four operations on a pair of 32-bit integers.\n"),
            ("grpcalc.v1.EvaluatorService", " Evaluates lines of the calculator's language.\n"),
        ]:
            file = self.described.FindFileContainingSymbol(service)
            comments = {
                tuple(place.path): place.leading_comments
                for place in file.source_code_info.location
            }
            # Locations are paths of field numbers: 6 the services, 2 their methods; 4 the
            # messages, 2 their fields.
            self.assertEqual(comments[6, 0], comment)
            for at, method in enumerate(file.service[0].method):
                self.assertTrue(comments[6, 0, 2, at], method.name)
            for at, message in enumerate(file.message_type):
                self.assertTrue(comments[4, at], message.name)
                for nth, field in enumerate(message.field):
                    self.assertTrue(comments[4, at, 2, nth], f"{message.name}.{field.name}")

    def test_health_of_the_server_and_of_each_service(self):
        stub = health_pb2_grpc.HealthStub(self.channel)
        serving = health_pb2.HealthCheckResponse.SERVING
        for service in ["", *SERVICES]:
            status = stub.Check(health_pb2.HealthCheckRequest(service=service)).status
            self.assertEqual(status, serving, service)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service=service))
            self.assertEqual(next(watch).status, serving, service)
            watch.cancel()
        with self.assertRaises(grpc.RpcError) as raised:
            stub.Check(health_pb2.HealthCheckRequest(service="unknown"))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.NOT_FOUND)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service="unknown"))
        unknown = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        self.assertEqual(next(watch).status, unknown)
        self.assertTrue(watch.is_active())
        watch.cancel()

    def buf_curl(self, *arguments):
        return run(BUF, "curl", "--http2-prior-knowledge", "--protocol", "grpc", *arguments)

    def test_buf_curl_without_proto_files(self):
        address = f"http://{self.address}"
        stdout, stderr, code = self.buf_curl("--list-methods", address)
        self.assertEqual(code, 0, stderr)
        for path in CALLS:
            self.assertIn(path, stdout.splitlines())
        for path, (request, expected) in CALLS.items():
            stdout, stderr, code = self.buf_curl(
                "--data", json.dumps(request), f"{address}/{path}"
            )
            self.assertEqual((json.loads(stdout), code), (expected, 0), stderr)


class TheirServer(unittest.TestCase):
    """grpcalc's discovery commands with a grpcio server, which has reflection v1alpha only."""

    class Calculator(calc_pb2_grpc.CalculatorServicer):
        pass

    @classmethod
    def setUpClass(cls):
        cls.server = grpc.server(futures.ThreadPoolExecutor())
        calc_pb2_grpc.add_CalculatorServicer_to_server(cls.Calculator(), cls.server)
        cls.health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(cls.health, cls.server)
        cls.health.set("calc.Calculator", health_pb2.HealthCheckResponse.NOT_SERVING)
        names = ("calc.Calculator", reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, cls.server)
        port = cls.server.add_insecure_port("127.0.0.1:0")
        cls.address = f"127.0.0.1:{port}"
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop(None).wait()

    def ask(self, line):
        return run(GRPCALC, "--addr", self.address, line)

    def test_services_and_descriptions(self):
        stdout, stderr, code = self.ask(":services")
        self.assertEqual((stderr, code), ("", 0))
        self.assertEqual(
            stdout, "calc.Calculator\ngrpc.reflection.v1alpha.ServerReflection\n"
        )
        stdout, stderr, code = self.ask(":describe calc.Calculator")
        self.assertEqual((stderr, code), ("", 0))
        self.assertIn("rpc Add(calc.AddRequest) returns (calc.AddReply)", stdout)

    def test_health(self):
        self.assertEqual(self.ask(":health"), ("SERVING\n", "", 0))
        stdout, stderr, code = self.ask(":health calc.Calculator")
        self.assertEqual((stdout, code), ("", 1))
        self.assertIn("not serving", stderr)


if __name__ == "__main__":
    unittest.main()
