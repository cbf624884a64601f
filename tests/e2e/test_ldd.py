"""The program runs where only libc is: everything else is inside."""
import re
import subprocess

import weft

ALLOWED = {"linux-vdso.so.1", "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2",
           "ld-linux-aarch64.so.1"}
SANITIZERS_NEED = {"libresolv.so.2", "libgcc_s.so.1"}


class Ldd(weft.Case):
    def test_the_program_needs_nothing_but_libc(self):
        answer = subprocess.run(["ldd", str(weft.WEFT)], capture_output=True, text=True, check=True).stdout

        needed = {line.split()[0].rsplit("/", 1)[-1] for line in answer.splitlines() if line.strip()}
        allowed = ALLOWED | (SANITIZERS_NEED if weft.sanitized() else set())
        self.assertLessEqual(needed, allowed, answer)
        self.assertTrue(re.search(r"libc\.so", answer), answer)
