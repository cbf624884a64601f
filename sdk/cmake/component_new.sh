#!/bin/sh
# component_new.sh WASM-TOOLS MODULE COMPONENT: `component new`, with a hint at what is usually behind a missing export.
said=$("$1" component new "$2" -o "$3" 2>&1) && exit
printf '%s\n' "$said" >&2
case $said in
  *"failed to find export"*)
    echo "Is EXPORT_HTTP_HANDLER, or for another interface its EXPORT_…(…), missing in the sources?" >&2 ;;
esac
exit 1
