"""Requests at a fixed rate, whatever the server does: a latency counts from the moment at which its request was due."""
import asyncio
import dataclasses
import time


@dataclasses.dataclass
class Sample:
    due: float  # seconds from the beginning
    latency: float  # seconds from `due` to the whole answer
    path: str
    status: int  # 0: no answer
    body: str


class Load:
    def __init__(self, port, rate, path_of, deadline=10.0):
        """`path_of(i)`: the path of request number i. `deadline`: seconds after which a request has failed."""
        self.port, self.rate, self.path_of, self.deadline = port, rate, path_of, deadline
        self.idle, self.samples = [], []

    async def run(self, seconds):
        begin = time.monotonic()
        tasks = []
        for number in range(int(seconds * self.rate)):
            due = number / self.rate
            if (pause := begin + due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            tasks.append(asyncio.create_task(self.one(begin, due, self.path_of(number))))
        await asyncio.gather(*tasks)
        for _, writer in self.idle:
            writer.close()
        return self.samples

    async def one(self, begin, due, path):
        try:
            status, body = await asyncio.wait_for(self.ask(path), self.deadline)
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as why:
            status, body = 0, repr(why)
        self.samples.append(Sample(due, time.monotonic() - begin - due, path, status, body))

    async def ask(self, path):
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: load\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.split("content-length:")[1].split("\r\n")[0])
            body = (await reader.readexactly(length)).decode()
        except BaseException:
            writer.close()
            raise
        self.idle.append((reader, writer))
        return int(head.split()[1]), body


def quantile(latencies, part):
    """Of unsorted latencies; 0 when there are none."""
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
