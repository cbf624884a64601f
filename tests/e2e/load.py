"""Requests at a fixed rate, whatever the server does: each has its moment, and its latency counts from that moment on."""
import http.client
import threading
import time


class Sample:
    """One request. Times in seconds; `at` from the start of the load."""
    __slots__ = ("at", "latency", "path", "failure", "text")

    def __init__(self, at, latency, path, failure, text):
        self.at, self.latency, self.path, self.failure, self.text = at, latency, path, failure, text


class Load:
    """`rate` requests a second to paths of `path_of(number)`, from the construction on. Thread-safe."""

    def __init__(self, port, rate, path_of, connections=32):
        self.port, self.rate, self.path_of = port, rate, path_of
        self.lock = threading.Lock()
        self.samples, self.next, self.ending = [], 0, False
        self.began = time.monotonic()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(connections)]
        for thread in self.threads:
            thread.start()

    def now(self):
        return time.monotonic() - self.began

    def wait(self, moment):
        """Until so many seconds after the start."""
        while (left := moment - self.now()) > 0:
            time.sleep(left)

    def take(self):
        with self.lock:
            number = self.next
            self.next += 1
        return number

    def work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.ending:
            number = self.take()
            at = number / self.rate
            while (left := at - self.now()) > 0 and not self.ending:
                time.sleep(min(left, 0.1))
            if self.ending:
                break
            path, failure, text = self.path_of(number), None, ""
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                text = answer.read().decode(errors="replace")
                failure = None if answer.status == 200 else f"{answer.status} {text.strip()}"
            except (OSError, http.client.HTTPException) as error:
                failure = repr(error)
                connection.close()
            sample = Sample(at, self.now() - at, path, failure, text)
            with self.lock:
                self.samples.append(sample)
        connection.close()

    def between(self, begin, end):
        with self.lock:
            return [sample for sample in self.samples if begin <= sample.at < end]

    def stop(self):
        """Every request under way is over when this returns; all samples."""
        self.ending = True
        for thread in self.threads:
            thread.join()
        return self.samples


def quantile(samples, share):
    """In milliseconds; 0 of nothing."""
    times = sorted(sample.latency for sample in samples)
    return 1000 * times[min(len(times) - 1, int(len(times) * share))] if times else 0.0
