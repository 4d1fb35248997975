"""A server that is told to end informs its clients and ends."""

import socket
import time
import unittest

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from grpcalc.v1 import evaluator_pb2, evaluator_pb2_grpc
from programs import HEAVY, serve


def ends(stream):
    """Returns the remaining responses and the final status."""
    received = []
    try:
        for message in stream:
            received.append(message)
    except grpc.RpcError as error:
        return received, (error.code(), error.details())
    return received, None


class Shutdown(unittest.TestCase):
    def test_streams_end_with_a_status_and_the_running_line_is_answered(self):
        server, address = serve("--grace", "10s")
        host, port = address.rsplit(":", 1)
        with (
            socket.create_connection((host, int(port))),
            grpc.insecure_channel(address) as channel,
        ):
            watch = health_pb2_grpc.HealthStub(channel).Watch(
                health_pb2.HealthCheckRequest()
            )
            self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
            worksheets = evaluator_pb2_grpc.EvaluatorServiceStub(channel).Worksheet

            def asking(*texts):
                for text in texts:
                    yield evaluator_pb2.WorksheetRequest(run=evaluator_pb2.Run(text=text))
                # The client keeps its side open.
                time.sleep(30)

            idle = worksheets(asking("1 + 1"))
            self.assertEqual(next(idle).answers[0].value.text, "2")
            busy = worksheets(asking("1 + 1", HEAVY))
            self.assertEqual(next(busy).answers[0].value.text, "2")
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            reflection = stub.ServerReflectionInfo(
                iter([reflection_pb2.ServerReflectionRequest(list_services="")])
            )
            next(reflection)

            began = time.monotonic()
            server.terminate()
            unavailable = (grpc.StatusCode.UNAVAILABLE, "the server is shutting down")
            seen, status = ends(watch)
            self.assertEqual(
                [message.status for message in seen],
                [health_pb2.HealthCheckResponse.NOT_SERVING],
            )
            self.assertEqual(status, unavailable)
            self.assertEqual(ends(idle), ([], unavailable))
            seen, status = ends(busy)
            # The line used its whole second of work, so it is a fault.
            self.assertEqual([it.answers[0].fault.reason for it in seen], ["LIMIT"])
            self.assertEqual(status, unavailable)
            self.assertEqual(server.wait(timeout=20), 0)
            self.assertLess(time.monotonic() - began, 9)
        server.stdout.close()


if __name__ == "__main__":
    unittest.main()
