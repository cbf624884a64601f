"""A host without requests costs next to nothing: the ticker sleeps when no guest runs, nobody polls."""
import time

import weft


class Idle(weft.Case):
    def test_an_idle_host_uses_less_than_half_a_percent_of_a_cpu(self):
        host = self.run_http("hello")
        for _ in range(50):
            host.get("/")
        time.sleep(1)  # what follows the last answer may end first

        before = host.cpu_seconds()
        time.sleep(5)
        used = host.cpu_seconds() - before

        self.assertLessEqual(used, 0.005 * 5, f"{used * 1000:.0f} ms of CPU in 5 s")
