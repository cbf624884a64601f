"""The store behind a counter is swapped while requests flow at a fixed rate: the proof of examples/swap.

WEFT_SOAK=1 (`make soak`) takes its whole minute, and holds the latency around each swap against that of the slower store."""
import asyncio
import os
import sys

import weft

sys.path.insert(0, str(weft.ROOT / "examples" / "swap"))
import swap  # noqa: E402

SOAK = os.environ.get("WEFT_SOAK") == "1"
SECONDS = 60 if SOAK else 8


class Swap(weft.Case):
    def test_no_request_fails_and_no_increment_is_lost_while_the_store_changes_its_product(self):
        with swap.Proof(weft.WEFT, self.folder).host() as proof:
            samples = asyncio.run(proof.run(SECONDS))
            sums = proof.sums()

        self.assertEqual([one for one in samples if one.status != 200], [])
        self.assertEqual(len(samples), SECONDS * swap.RATE)
        self.assertEqual([target for _, target in proof.swaps], list(swap.ROUTE))
        self.assertGreater(min(sums.values()), 0, "both stores were used")
        self.assertEqual(sum(sums.values()), swap.acknowledged(samples))
        if SOAK:
            self.hold_latency(samples, proof.swaps)

    def hold_latency(self, samples, swaps):
        steady = swap.steady(samples, swaps, SECONDS)
        slower = max(swap.quantile(latencies, 0.99) for latencies in steady.values())
        for at, target in swaps:
            there = swap.quantile(swap.around(samples, at), 0.99)
            self.assertLessEqual(there, 2 * slower, f"p99 around the swap to {target} at {at:.1f} s")
