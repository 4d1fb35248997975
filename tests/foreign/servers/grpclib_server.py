"""A calculator that is made with grpclib, with reflection and health. Prints its address."""

import asyncio

from grpclib import GRPCError, Status
from grpclib.health.service import Health
from grpclib.reflection.service import ServerReflection
from grpclib.server import Server

import calc_grpc
import calc_pb2


class Calculator(calc_grpc.CalculatorBase):
    async def Add(self, stream):
        request = await stream.recv_message()
        await stream.send_message(calc_pb2.AddReply(n1=request.n1 + request.n2))

    async def Substract(self, stream):
        request = await stream.recv_message()
        await stream.send_message(calc_pb2.SubstractReply(n1=request.n1 - request.n2))

    async def Multiply(self, stream):
        request = await stream.recv_message()
        await stream.send_message(calc_pb2.MultiplyReply(n1=request.n1 * request.n2))

    async def Divide(self, stream):
        request = await stream.recv_message()
        if request.n2 == 0:
            raise GRPCError(Status.INVALID_ARGUMENT, "division by zero")
        await stream.send_message(calc_pb2.DivideReply(f1=request.n1 / request.n2))


async def serve():
    services = ServerReflection.extend([Calculator(), Health()])
    server = Server(services)
    await server.start("127.0.0.1", 0)
    [listener] = server._server.sockets
    print("127.0.0.1:{}".format(listener.getsockname()[1]), flush=True)
    await server.wait_closed()


asyncio.run(serve())
