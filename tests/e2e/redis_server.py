"""A Redis of our own: on a free port, with every write on the disk before it is acknowledged."""
import shutil
import subprocess
import time


class RedisServer:
    def __init__(self, port, folder):
        if not shutil.which("redis-server"):
            raise AssertionError("redis-server is not installed: tools/setup, or apt-get install redis-server redis-tools")
        self.port, self.folder = port, folder
        self.start()

    def start(self):
        """On the data that are there."""
        self.folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while self.cli("PING") != "PONG":
            if time.monotonic() > deadline:
                raise AssertionError("redis-server does not answer")
            time.sleep(0.02)

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True).stdout.strip()
