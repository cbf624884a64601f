# Which folder may include which: the one place where the arrows of docs/architecture.md stand. add_module checks
# its USES against this table; tools/arrows.py checks every #include.
set(ARROWS_base)
set(ARROWS_contracts base)
set(ARROWS_net base)
set(ARROWS_engine base contracts)
set(ARROWS_links base contracts)
set(ARROWS_ingress base contracts net)
set(ARROWS_providers base contracts net)
set(ARROWS_host base contracts net engine links ingress)
set(ARROWS_cli base contracts net engine ingress host)
set(ARROWS_apps base contracts net engine links ingress providers host cli)
set(ARROWS_tests base contracts net engine links ingress providers host cli)
set(ARROWS_bench base contracts net engine links ingress providers host cli)
