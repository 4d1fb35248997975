"""A calculator that is made with purerpc, which sends its header fields before a status. Prints
its address."""

import functools

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


async def serve():
    # purerpc would listen on all addresses.
    anyio.create_tcp_listener = functools.partial(
        anyio.create_tcp_listener, local_host="127.0.0.1"
    )
    server = purerpc.Server(0)
    server.add_service(Calculator().service)
    async with anyio.create_task_group() as tasks:
        port = await tasks.start(server.serve_async)
        print(f"127.0.0.1:{port}", flush=True)


anyio.run(serve)
