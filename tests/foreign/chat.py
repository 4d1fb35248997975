"""The tutorial's chat in Python: a server and a client of `chat.proto`.

    python chat.py serve [HOST:PORT]          default localhost:50050; prints the port
    python chat.py say HOST:PORT NAME TEXT    one note
    python chat.py listen HOST:PORT COUNT     prints COUNT notes
"""

import sys
import threading
from concurrent import futures

import grpc

import chat_pb2
import chat_pb2_grpc


class Chat(chat_pb2_grpc.ChatServerServicer):
    """One thread for each of at most ten members, and an unbounded history."""

    def __init__(self):
        self.notes = []
        self.changed = threading.Condition()

    def wake(self):
        with self.changed:
            self.changed.notify_all()

    def ChatStream(self, request, context):
        context.add_callback(self.wake)
        sent = 0
        while True:
            with self.changed:
                self.changed.wait_for(
                    lambda: len(self.notes) > sent or not context.is_active()
                )
                notes = self.notes[sent:]
            if not context.is_active():
                return
            yield from notes
            sent += len(notes)

    def SendNote(self, request, context):
        with self.changed:
            self.notes.append(request)
            self.changed.notify_all()
        return chat_pb2.Empty()


def serve(address):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    chat_pb2_grpc.add_ChatServerServicer_to_server(Chat(), server)
    port = server.add_insecure_port(address)
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def connect(address):
    """Opens a separate connection; by default gRPC would share one."""
    return grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    if mode == "serve":
        serve(rest[0] if rest else "localhost:50050")
    with connect(rest[0]) as channel:
        stub = chat_pb2_grpc.ChatServerStub(channel)
        if mode == "say":
            stub.SendNote(chat_pb2.Note(name=rest[1], message=rest[2]))
        else:
            notes = stub.ChatStream(chat_pb2.Empty())
            for _, note in zip(range(int(rest[1])), notes):
                print(f"[{note.name}] {note.message}", flush=True)
            notes.cancel()
