"""A calculator that is made with purerpc, which sends its header fields before a status. Prints
its address."""

import socket

import anyio
import purerpc

import calc_grpc
import calc_pb2


class Calculator(calc_grpc.CalculatorServicer):
    async def Add(self, request):
        return calc_pb2.AddReply(n1=request.n1 + request.n2)

    async def Substract(self, request):
        return calc_pb2.SubstractReply(n1=request.n1 - request.n2)

    async def Multiply(self, request):
        return calc_pb2.MultiplyReply(n1=request.n1 * request.n2)

    async def Divide(self, request):
        if request.n2 == 0:
            raise purerpc.InvalidArgumentError("division by zero")
        return calc_pb2.DivideReply(f1=request.n1 / request.n2)


with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    port = found.getsockname()[1]
server = purerpc.Server(port)
server.add_service(Calculator().service)
print(f"127.0.0.1:{port}", flush=True)
anyio.run(server.serve_async)
