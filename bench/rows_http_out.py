"""The row of requests that leave: a component that passes them on, beside wrk straight to the same upstream."""
import statistics

import lab as labs
import rows_http

# The guest is tests/guests/proxy: headers and body both ways, nothing kept.
MANIFEST = """apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: out, annotations: {{version: v0.1.0}}}}
spec:
  components:
    - name: proxy
      type: component
      properties: {{image: {guest}}}
      traits:
        - type: spreadscaler
          properties: {{instances: 256}}
        - type: link
          properties:
            namespace: wasi
            package: http
            interfaces: [outgoing-handler]
            target: {{name: client, config: [{{name: near, properties: {{allow_private: "true"}}}}]}}
    - name: client
      type: capability
      properties: {{image: "weft:http-client"}}
    - name: http
      type: capability
      properties: {{image: "weft:http-server"}}
      traits:
        - type: link
          properties:
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            target: {{name: proxy}}
            source: {{config: [{{name: listen, properties: {{address: "127.0.0.1:{port}"}}}}]}}
"""


def start_proxy(bench, port):
    folder = bench.lab.folder("out")
    manifest = folder / "app.yaml"
    manifest.write_text(MANIFEST.format(guest=bench.guests / "proxy.wasm", port=port))
    return bench.lab.start([bench.weft, "up", str(manifest), "--threads", "1", "--state-dir", str(folder / "state"),
                            "--cache-dir", str(folder / "cache")], labs.SERVER_CPU)


def http_out(bench):
    """The upstream has the CPU of the load on both sides, so that what is between them has one to itself."""
    nginx = rows_http.contenders(bench).nginx()
    port = labs.free_port()
    upstream = nginx.start(port, labs.LOAD_CPU)
    bench.lab.wait_for_200(upstream, port)
    samples = {"ours": [], "peer": []}
    for _ in range(bench.rounds):
        samples["peer"].append(bench.lab.measure(upstream, port, 32, pin=True))
        if bench.peers_only:
            continue
        front, path = labs.free_port(), f"/to/127.0.0.1:{port}/"
        server = start_proxy(bench, front)
        bench.lab.wait_for_200(server, front, path)
        samples["ours"].append(bench.lab.measure(server, front, 32, True, path))
        bench.lab.stop(server)
        bench.progress(f"http_out: {samples['ours'][-1]} beside {samples['peer'][-1]}")
    bench.lab.stop(upstream)
    direct = [sample["rps"] for sample in samples["peer"]]
    result = {"peer": statistics.median(direct), "peer_name": "wrk straight to nginx", "samples": samples,
              "versions": {**bench.versions, **nginx.versions}, "commands": {"peer": nginx.command}}
    if samples["ours"]:
        through = [sample["rps"] for sample in samples["ours"]]
        result |= {"ours": statistics.median(through),
                   "ratio": statistics.median(a / b for a, b in zip(through, direct))}
        result["commands"]["ours"] = "weft up app.yaml --threads 1; tests/guests/proxy in front of nginx"
    return result
