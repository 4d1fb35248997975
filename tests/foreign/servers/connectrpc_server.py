"""A calculator that is made with Connect for Python. Prints its address."""

import asyncio
import signal
import socket

import hypercorn.asyncio
import hypercorn.config
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from connect_calc import calc_connect, calc_pb2


class Calculator(calc_connect.Calculator):
    async def add(self, request, ctx):
        return calc_pb2.AddReply(n1=request.n1 + request.n2)

    async def substract(self, request, ctx):
        return calc_pb2.SubstractReply(n1=request.n1 - request.n2)

    async def multiply(self, request, ctx):
        return calc_pb2.MultiplyReply(n1=request.n1 * request.n2)

    async def divide(self, request, ctx):
        if request.n2 == 0:
            raise ConnectError(Code.INVALID_ARGUMENT, "division by zero")
        return calc_pb2.DivideReply(f1=request.n1 / request.n2)


async def serve():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print("127.0.0.1:{}".format(listener.getsockname()[1]), flush=True)
    configuration = hypercorn.config.Config()
    configuration.bind = [f"fd://{listener.detach()}"]
    configuration.errorlog = None
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    # Hypercorn fails on a message that arrives after it has refused the call.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    application = calc_connect.CalculatorASGIApplication(Calculator())
    await hypercorn.asyncio.serve(application, configuration, shutdown_trigger=ended.wait)


asyncio.run(serve())
