"""The counter on Vault: one line of its manifest is another, and nothing of the component."""
import weft
from test_counter import count
from vault_server import VaultServer


class Vault(weft.Case):
    def setUp(self):
        super().setUp()
        self.vault = VaultServer(weft.free_port(), self.folder / "vault")
        self.addCleanup(self.vault.kill9)

    def start_counter(self, image="weft:keyvalue-vault", **settings):
        manifest, port = self.example("counter")
        text = manifest.read_text()
        self.assertIn("image: weft:keyvalue-sqlite", text)
        keys = {"addr": f"http://127.0.0.1:{self.vault.port}", "token": self.vault.TOKEN, **settings}
        properties = ", ".join(f"{key}: '{value}'" for key, value in keys.items())
        manifest.write_text(text.replace("image: weft:keyvalue-sqlite",
                                         f"image: {image}\n        config: [{{name: vault, properties: {{{properties}}}}}]"))
        return self.up(manifest, port=port)

    def test_counts_in_a_secret_for_each_key(self):
        host = self.start_counter(layout="secret-per-key")

        answers = [count(host.get("/")) for _ in range(5)]

        self.assertEqual(answers, [1, 2, 3, 4, 5])
        self.assertEqual(self.vault.cli("kv", "get", "-mount=secret", "-field=value", "default/=2F"), "5")

    def test_the_package_of_1x_is_the_same_product_and_its_data_are_found(self):
        self.vault.cli("kv", "put", "-mount=secret", "default", "/=NDE")  # as the 1.x provider did: 41 in base64

        host = self.start_counter("ghcr.io/wasmcloud/keyvalue-vault:0.8.0")

        self.assertEqual(count(host.get("/")), 42)
        self.assertEqual(self.vault.cli("kv", "get", "-mount=secret", "-field=/", "default"), "NDI")

    def test_a_token_that_vault_refuses_is_told_in_the_log_and_not_shown(self):
        host = self.start_counter(token="s.guessed")

        self.assertGreaterEqual(host.get("/").status, 500)
        self.assertIn("the token is refused", host.log)
        self.assertNotIn("s.guessed", host.log)
