"""The control interface: what runs is shown and changed while requests flow."""
import contextlib
import json
import signal
import socket
import threading

import weft
from manifests import application, component, http_server, link, provider
from test_counter import count

MOVE = ("wasi", "keyvalue", "--interface", "store", "--interface", "atomics")


class Control(weft.Case):
    def up_counter(self, guest="counter"):
        return self.up(application(
            "app",
            component("web", self.guest(guest), instances=64,
                      links=[link("one", "wasi:keyvalue", "store, atomics")] if guest == "counter" else ()),
            provider("one", "weft:keyvalue-sqlite"), provider("two", "weft:keyvalue-sqlite"),
            http_server("web", "127.0.0.1:0")))

    def done(self, *words):
        ended = self.weft(*words)
        self.assertEqual(ended.returncode, weft.OK, ended.stderr)
        return ended.stdout

    def response(self, *words):
        reply = json.loads(self.done(*words, "--output", "json"))
        self.assertIs(reply["success"], True)
        return reply["response"]

    def ask(self, subject, payload):
        """The reply of the host on its socket, which is asked without the command line."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.state / "control.sock"))
            text = json.dumps(payload).encode()
            connection.sendall(f"wasmbus.ctl.v1.default.{subject} {len(text)}\n".encode() + text)
            stream = connection.makefile("rb")
            return json.loads(stream.read(int(stream.readline())))

    def refused(self, *words, code=weft.INVALID):
        ended = self.weft(*words)
        self.assertEqual(ended.returncode, code, ended.stdout + ended.stderr)
        return ended.stderr

    def links(self):
        listed = self.response("link", "list")
        return {(one["source_id"], one["wit_package"]): one["target"] for one in listed}

    @contextlib.contextmanager
    def clients(self, host, number=4):
        """Clients that ask one request after the other as long as this lasts; the list of their answers."""
        stop, answers = threading.Event(), []

        def ask():
            while not stop.is_set():
                answers.append(host.get("/"))

        all_of_them = [threading.Thread(target=ask) for _ in range(number)]
        for client in all_of_them:
            client.start()
        try:
            yield answers
        finally:
            stop.set()
            for client in all_of_them:
                client.join()

    def test_a_link_moves_and_its_components_go_on(self):
        host = self.up_counter()
        self.assertEqual([count(host.get("/")) for _ in range(3)], [1, 2, 3])

        self.assertIn("successfully set link", self.done("link", "put", "web", "two", *MOVE))
        self.assertEqual(count(host.get("/")), 1)
        self.assertEqual(self.links()[("app-web", "keyvalue")], "app-two")

        self.done("link", "put", "app-web", "app-one", *MOVE)
        self.assertEqual(count(host.get("/")), 4)

    def test_no_request_fails_and_no_increment_is_lost_while_a_link_moves(self):
        host = self.up_counter()
        with self.clients(host) as answers:
            for turn in range(8):
                self.done("link", "put", "web", ("two", "one")[turn % 2], *MOVE)

        in_one = count(host.get("/"))
        self.done("link", "put", "web", "two", *MOVE)
        in_two = count(host.get("/"))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertGreater(in_two, 1, "it was linked to both")
        self.assertEqual(in_one + in_two, len(answers) + 2)

    def test_an_edit_that_leaves_an_import_unmet_is_refused_and_changes_nothing(self):
        host = self.up_counter()

        self.assertIn("'web' imports wasi:keyvalue", self.refused("link", "del", "web", "wasi", "keyvalue"))
        self.assertIn("Did you mean 'app-one'?", self.refused("link", "put", "web", "app-oen", *MOVE))
        self.assertIn("is not a built-in provider", self.refused("start", "provider", "weft:keyvalue-nothing", "x"))
        self.assertIn("nothing.wasm", self.refused("update", "web", self.folder / "nothing.wasm"))
        self.assertIn("which 'web' does not have", self.refused("update", "web", self.guest("echo")))

        self.assertEqual(count(host.get("/")), 1)
        self.assertEqual(self.links()[("app-web", "keyvalue")], "app-one")
        self.assertEqual(self.response("inventory")["edits"], [])

    def test_edits_show_as_drift_and_end_when_the_manifest_is_applied_again(self):
        host = self.up_counter()
        self.done("link", "put", "web", "two", *MOVE)
        self.assertIn("weft link put web two wasi keyvalue", self.done("inventory"))

        host.signal(signal.SIGHUP)

        host.wait_for_log("an edit by hand ends.*link put web two")
        self.eventually(lambda: self.links()[("app-web", "keyvalue")] == "app-one", why="the manifest is in force")
        self.assertNotIn("changed by hand", self.done("inventory"))

    def test_a_provider_is_started_by_hand_linked_and_stopped(self):
        host = self.up_counter()
        self.done("start", "provider", "weft:keyvalue-sqlite", "spare")
        self.done("link", "put", "web", "spare", *MOVE)
        self.assertEqual(count(host.get("/")), 1)

        self.assertIn("'web' imports wasi:keyvalue", self.refused("stop", "provider", "spare"))
        self.done("link", "put", "web", "one", *MOVE)
        self.done("stop", "provider", "spare")

        self.assertNotIn("spare", [one["id"] for one in
                                   self.response("inventory")["providers"]])
        self.assertEqual(count(host.get("/")), 1)

    def test_no_request_fails_while_a_component_gets_ten_new_builds(self):
        host = self.up_counter(guest="hello")

        with self.clients(host) as answers:
            for turn in range(10):
                self.done("update", "web", self.guest(("hello_rust", "hello")[turn % 2]))

        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(len({answer.text.split(":")[0] for answer in answers}), 2, "both builds answered")

    def test_a_component_is_scaled_and_shown_with_its_newest_image(self):
        host = self.up_counter(guest="hello")

        self.done("update", "web", self.guest("hello_rust"))
        self.done("scale", "web", "3")

        self.assertEqual(host.get("/").status, 200)
        web = self.response("inventory")["components"][0]
        self.assertEqual((web["id"], web["max_instances"]), ("app-web", 3))
        self.assertIn("hello_rust.wasm", self.done("inventory"))

    def test_scale_says_what_it_does_not_take(self):
        self.up_counter(guest="hello")
        web, newer = str(self.guest("hello")), str(self.guest("hello_rust"))
        scale = f"component.scale.{self.response('inventory')['host_id']}"

        self.assertEqual(self.ask(scale, {"component_id": "web"})["message"], "`count` is missing")
        same = self.ask(scale, {"component_id": "web", "count": 5, "component_ref": web})
        self.assertEqual(same["message"], "component web takes 5 calls at once")
        other = self.ask(scale, {"component_id": "web", "count": 6, "component_ref": newer})
        self.assertIn("The image reference was not updated", other["message"])
        self.assertEqual(self.response("inventory")["components"][0]["image_ref"], web)

        updated = self.ask(scale, {"component_id": "web", "count": 7, "component_ref": newer, "allow_update": True})
        self.assertIn("It was updated", updated["message"])
        shown = self.response("inventory")["components"][0]
        self.assertEqual((shown["image_ref"], shown["max_instances"]), (newer, 7))

    def test_values_come_from_files_and_are_shown_nowhere(self):
        self.up_counter()
        url = self.write("url", "file:secret-name\n")
        put = ("link", "put", "web", "two", *MOVE, "--target-value")

        warned = self.weft(*put, "password=hunter2")
        self.assertIn("password=@FILE", warned.stderr)
        self.done(*put, f"nothing=@{url}", "--name", "x")

        listed = self.response("link", "list")
        self.assertEqual([one["target_config"] for one in listed if one["name"] == "x"], [[]])
        for text in (warned.stderr, self.done("inventory"), json.dumps(listed)):
            self.assertNotIn("hunter2", text)
            self.assertNotIn("secret-name", text)
        self.assertIn("--target-value nothing=***", self.done("inventory"))

    def test_json_has_the_reply_also_of_a_refusal(self):
        self.up_counter(guest="hello")

        refused = self.weft("scale", "nobody", "2", "--output", "json")

        self.assertEqual(refused.returncode, weft.INVALID)
        self.assertIs(json.loads(refused.stdout)["success"], False)
        self.assertEqual(json.loads(self.done("scale", "web", "2", "--output", "json"))["success"], True)

    def test_labels_are_put_and_deleted(self):
        self.up_counter(guest="hello")

        self.done("label", "zone=a")
        self.assertIn("zone=a", self.done("inventory"))
        self.assertIn("cannot be set", self.refused("label", "hostcore.os=mine"))
        self.done("label", "zone", "--delete")
        self.assertNotIn("zone", self.done("inventory"))
        self.refused("label", "zone", code=weft.USAGE)

    def test_reload_reads_the_manifest_again_or_says_why_not(self):
        host = self.up_counter()
        self.done("link", "put", "web", "two", *MOVE)

        self.done("reload")
        self.assertEqual(self.links()[("app-web", "keyvalue")], "app-one")

        self.write("app.yaml", "no manifest")
        self.assertIn("nothing was changed", self.refused("reload"))
        self.assertEqual(host.get("/").status, 200)

    def test_a_host_is_stopped_by_a_command(self):
        host = self.up_counter(guest="hello")

        self.assertIn("successfully handled stop host", self.done("stop", "host"))

        self.assertEqual(host.wait(), weft.OK, host.log)
        self.refused("inventory", code=weft.FAILED)

    def test_a_state_folder_may_have_a_long_path(self):
        self.state = self.folder / ("long" * 50)
        self.up_counter(guest="hello")

        self.assertIn("app-web", self.done("inventory"))

    def test_without_a_host_the_command_says_how_to_start_one(self):
        self.assertIn("weft up MANIFEST", self.refused("inventory", code=weft.FAILED))
        self.assertIn("weft up MANIFEST", self.refused("scale", "web", "2", code=weft.FAILED))
