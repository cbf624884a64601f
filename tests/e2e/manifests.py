"""A manifest of the examples, made fit to run beside others: free ports, images found from anywhere."""
import pathlib
import re


def on_ports(source, folder, ports):
    """Writes a copy of the manifest `source` into `folder` and returns its path: each port of `ports` {old: new} is replaced
    where it follows a host, and relative images become absolute."""
    source = pathlib.Path(source).resolve()
    text = source.read_text()
    for old, new in ports.items():
        text, count = re.subn(rf"((?:127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|localhost):){old}\b", rf"\g<1>{new}", text)
        if count == 0:
            raise ValueError(f"{source} names no address with port {old}")
    text = re.sub(r"(^\s*-?\s*image:\s*[\"']?)(?:file://)?(\.{1,2}/[^\s\"']+)",
                  lambda found: found.group(1) + str((source.parent / found.group(2)).resolve()), text, flags=re.M)
    target = pathlib.Path(folder) / source.name
    target.write_text(text)
    return target


def application(name, *components):
    """The text of a manifest from the components below."""
    return f"""apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: {name}
  annotations: {{version: v0.1.0}}
spec:
  components:
{"".join(components)}"""


def component(name, wasm, limits=None, instances=None, links=(), more=""):
    """A component from a file. `limits` {key: value}; `links` from link(); `more`: further properties, in one line."""
    more = more and ", " + more
    text = f"    - name: {name}\n      type: component\n      properties: {{image: {wasm}{more}}}\n"
    traits = list(links)
    if instances is not None:
        traits.append(f"        - type: spreadscaler\n          properties: {{instances: {instances}}}\n")
    if limits:
        settings = ", ".join(f"{key}: {value}" for key, value in limits.items())
        traits.append(f"        - type: limits\n          properties: {{{settings}}}\n")
    return text + ("      traits:\n" + "".join(traits) if traits else "")


def link(target, contract, interfaces, **source):
    """A link to `target` for "namespace:package"; `source` becomes the source config."""
    namespace, package = contract.split(":")
    text = (f"        - type: link\n          properties:\n            target: {{name: {target}}}\n"
            f"            namespace: {namespace}\n            package: {package}\n            interfaces: [{interfaces}]\n")
    if source:
        settings = ", ".join(f'{key}: "{value}"' for key, value in source.items())
        name = re.sub(r"\W", "-", f"{target}-{'-'.join(str(v) for v in source.values())}")
        text += f"            source: {{config: [{{name: {name}, properties: {{{settings}}}}}]}}\n"
    return text


def http_server(target, address, name="http", **routing):
    """Our HTTP server in front of `target`; `routing`: path, host."""
    return provider(name, "weft:http-server",
                    [link(target, "wasi:http", "incoming-handler", address=address, **routing)])


def provider(name, image, links=()):
    text = f"    - name: {name}\n      type: capability\n      properties: {{image: {image}}}\n"
    return text + ("      traits:\n" + "".join(links) if links else "")
