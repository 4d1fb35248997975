"""grpcalc in a chat with programs made from the tutorial's proto."""

import contextlib
import sys
import threading
import unittest
from pathlib import Path

import grpc

import chat_pb2
import chat_pb2_grpc

from chat import connect
from programs import GRPCALC, PATIENCE, Terminal, run, serve, start, stop

CHAT = Path(__file__).parent / "chat.py"


@contextlib.contextmanager
def members(address, count):
    """Yields stubs, each on a connection of its own."""
    with contextlib.ExitStack() as stack:
        channels = [stack.enter_context(connect(address)) for _ in range(count)]
        yield [chat_pb2_grpc.ChatServerStub(channel) for channel in channels]


def note(name, message):
    return chat_pb2.Note(name=name, message=message)


def listen(stub):
    """Opens a stream of notes that ends with the test at the latest."""
    return stub.ChatStream(chat_pb2.Empty(), timeout=60)


class OurServer(unittest.TestCase):
    def setUp(self):
        # The tests send many notes on few connections.
        self.server, self.address = serve("--max-note-burst", "10000", "--max-notes", "300")
        self.addCleanup(lambda: self.assertEqual(stop(self.server), 0))

    def test_25_members_receive_all_notes_in_one_order(self):
        with members(self.address, 26) as (speaker, *listeners):
            old = [note("old", f"{number}") for number in range(3)]
            for it in old:
                speaker.SendNote(it)
            streams = [listen(stub) for stub in listeners]
            heard = [[] for _ in streams]

            def hear(stream, notes):
                for it in stream:
                    notes.append(it)
                    if len(notes) == 203:
                        return

            threads = [
                threading.Thread(target=hear, args=pair) for pair in zip(streams, heard)
            ]
            for thread in threads:
                thread.start()
            new = [note("new", f"{number} π") for number in range(200)]
            for it in new:
                speaker.SendNote(it)
            for thread in threads:
                thread.join(PATIENCE)
            for notes in heard:
                self.assertEqual(notes, old + new)
            for stream in streams:
                stream.cancel()

    def test_a_slow_reader_is_told_how_many_notes_it_missed(self):
        with members(self.address, 2) as (speaker, deaf):
            unread = listen(deaf)
            speaker.SendNote(note("ada", "0"))
            self.assertEqual(next(unread).message, "0")
            heard = listen(speaker)
            self.assertEqual(next(heard).message, "0")
            count = 3000
            for number in range(1, count):
                text = f"{number}".ljust(4096)
                speaker.SendNote(note("ada", text))
                self.assertEqual(next(heard).message, text)
            number, gaps = 1, []
            while number < count:
                it = next(unread)
                if it.name == "grpcalc":
                    gaps.append(int(it.message.split()[0]))
                    number += gaps[-1]
                else:
                    self.assertEqual(int(it.message), number)
                    number += 1
            self.assertEqual(len(gaps), 1)
            for stream in (unread, heard):
                stream.cancel()

    def test_refusals(self):
        with members(self.address, 1) as (stub,):
            for it in [note("n" * 65, ""), note("", "t" * 4097), note("\x1b", ""), note("", "\n")]:
                with self.assertRaises(grpc.RpcError) as refusal:
                    stub.SendNote(it)
                self.assertEqual(refusal.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_tutorial_client_talks_with_grpcalc(self):
        said = run(sys.executable, CHAT, "say", self.address, "guido", "x = 42")
        self.assertEqual(said, ("", "", 0))
        script = ":chat\n:take\nans / 2\n:share\n"
        ours = run(GRPCALC, "--addr", self.address, "--name", "ada", stdin=script)
        self.assertEqual(ours, ("42\n21\n", "[guido] x = 42\n", 0))
        heard = run(sys.executable, CHAT, "listen", self.address, "2")
        self.assertEqual(heard, ("[guido] x = 42\n[ada] ans / 2 = 21\n", "", 0))


class OurPrompt(unittest.TestCase):
    """A server that sends nothing before the first note, not even headers."""

    def setUp(self):
        self.server, port = start(sys.executable, CHAT, "serve", "127.0.0.1:0")
        self.addCleanup(lambda: stop(self.server))
        self.address = f"127.0.0.1:{port}"

    def test_grpcalc_joins_sends_and_receives(self):
        terminal = Terminal("--addr", self.address, "--name", "ada")
        self.addCleanup(terminal.close)
        terminal.expect("> ")
        terminal.type(":chat\r")
        terminal.expect("> ")
        terminal.type(":say hello\r")
        terminal.expect("> ")
        terminal.type("half-ty")
        terminal.expect("half-ty")
        with members(self.address, 1) as (stub,):
            # The prompt has sent its note.
            notes = listen(stub)
            self.assertEqual(next(notes), note("ada", "hello"))
            stub.SendNote(note("guido", "\x1b[2Jhello ada"))
            terminal.expect("[guido] \\u{1b}[2Jhello ada\r\n")
            # The edited line is unchanged.
            terminal.expect("> half-ty")
            notes.cancel()
        self.assertNotIn("[ada]", terminal.shown)

    def test_a_script_receives_notes_and_takes_an_answer(self):
        for text in ("hello", "6 * 7 = 42", "bye"):
            run(sys.executable, CHAT, "say", self.address, "guido", text)
        ours = run(GRPCALC, "--addr", self.address, "--name", "ada", stdin=":chat\n:take\n:say 42\n")
        heard = "".join(f"[guido] {text}\n" for text in ("hello", "6 * 7 = 42", "bye"))
        self.assertEqual(ours, ("42\n", heard, 0))
        heard = run(sys.executable, CHAT, "listen", self.address, "4")
        self.assertTrue(heard[0].endswith("[ada] 42\n"), heard)


if __name__ == "__main__":
    unittest.main()
