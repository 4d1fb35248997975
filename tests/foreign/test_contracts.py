"""Checks the proto files with buf."""

import shutil
import tempfile
import unittest
from pathlib import Path

from programs import BUF, ROOT, run

# Rewrite with each release: `buf build --exclude-source-info -o tests/foreign/released.binpb`.
RELEASED = Path(__file__).parent / "released.binpb"


class Contracts(unittest.TestCase):
    def breaking(self, folder):
        return run(BUF, "breaking", folder, "--against", RELEASED)

    def test_the_protos_pass_lint(self):
        stdout, stderr, code = run(BUF, "lint", ROOT)
        self.assertEqual((stdout, code), ("", 0), stderr)

    def test_nothing_breaks_clients_of_the_last_release(self):
        stdout, stderr, code = self.breaking(ROOT)
        self.assertEqual((stdout, code), ("", 0), stderr)

    def test_a_changed_number_is_detected(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ROOT / "buf.yaml", folder)
            shutil.copytree(ROOT / "proto", Path(folder, "proto"))
            file = Path(folder, "proto", "grpcalc", "v1", "evaluator.proto")
            text = file.read_text()
            assert "bool done = 2;" in text
            file.write_text(text.replace("bool done = 2;", "bool done = 3;"))
            stdout, _, code = self.breaking(folder)
        self.assertEqual(code, 100)
        self.assertIn("WorksheetResponse", stdout)


if __name__ == "__main__":
    unittest.main()
