"""The tutorial's calculator in Python: a server and a client of `calc.proto`.

    python calculator.py serve [HOST:PORT [OPTION=N]...]
                                              default localhost:50050; prints the port;
                                              options are grpcio's, delay_ms and
                                              calls_at_once (others are refused)
    python calculator.py call [HOST:PORT]     prints 30, 10, 200, 5.0
    python calculator.py loop HOST:PORT N     N calls one after the other; prints the seconds
"""

import sys
import time
from concurrent import futures

import grpc

import calc_pb2
import calc_pb2_grpc


class Calculator(calc_pb2_grpc.CalculatorServicer):
    """The shortest such service in Python; it checks nothing."""

    delay = 0

    def Add(self, request, context):
        time.sleep(self.delay)
        return calc_pb2.AddReply(n1=request.n1 + request.n2)

    def Substract(self, request, context):
        return calc_pb2.SubstractReply(n1=request.n1 - request.n2)

    def Multiply(self, request, context):
        return calc_pb2.MultiplyReply(n1=request.n1 * request.n2)

    def Divide(self, request, context):
        return calc_pb2.DivideReply(f1=request.n1 / request.n2)


def serve(address, options):
    Calculator.delay = options.pop("delay_ms", 0) / 1000
    at_once = options.pop("calls_at_once", None)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=10),
        options=list(options.items()),
        maximum_concurrent_rpcs=at_once,
    )
    calc_pb2_grpc.add_CalculatorServicer_to_server(Calculator(), server)
    port = server.add_insecure_port(address)
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def connect(address):
    return grpc.insecure_channel(address)


def call(address):
    with connect(address) as channel:
        stub = calc_pb2_grpc.CalculatorStub(channel)
        print(stub.Add(calc_pb2.AddRequest(n1=20, n2=10)).n1)
        print(stub.Substract(calc_pb2.SubstractRequest(n1=20, n2=10)).n1)
        print(stub.Multiply(calc_pb2.MultiplyRequest(n1=20, n2=10)).n1)
        print(stub.Divide(calc_pb2.DivideRequest(n1=10, n2=2)).f1)


def loop(address, count):
    with connect(address) as channel:
        stub = calc_pb2_grpc.CalculatorStub(channel)
        stub.Add(calc_pb2.AddRequest())  # connects
        start = time.perf_counter()
        for _ in range(count):
            stub.Add(calc_pb2.AddRequest(n1=20, n2=10))
        print(time.perf_counter() - start)


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    address = rest[0] if rest else "localhost:50050"
    if mode == "serve":
        options = (option.split("=") for option in rest[1:])
        serve(address, {name: int(value) for name, value in options})
    elif mode == "call":
        call(address)
    else:
        loop(address, int(rest[1]))
