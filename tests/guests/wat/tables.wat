;; What Rust does not let a guest do: grow a table while it runs, and run into the bare traps.
(component
  (core module $core
    (table $first 1 funcref)
    (table $second 1 funcref)
    ;; Grows both tables in turn, by `step` elements, until one refuses; then traps.
    (func (export "hoard") (param $step i32)
      (loop $more
        (br_if $more (i32.and
          (i32.ge_s (table.grow $first (ref.null func) (local.get $step)) (i32.const 0))
          (i32.ge_s (table.grow $second (ref.null func) (local.get $step)) (i32.const 0)))))
      unreachable)
    ;; Grows once: the size before, or -1. The new elements are there.
    (func (export "grow") (param $by i32) (result i32)
      (local $before i32)
      (local.set $before (table.grow $second (ref.null func) (local.get $by)))
      (if (i32.ge_s (local.get $before) (i32.const 0))
        (then (table.fill $second (local.get $before) (ref.null func) (local.get $by))))
      (local.get $before))
    (func (export "divide") (param i32 i32) (result i32)
      (i32.div_s (local.get 0) (local.get 1)))
    (func (export "give-up") unreachable)
    (func (export "missing") (table.get $first (i32.const 100)) drop))
  (core instance $i (instantiate $core))
  (func $hoard (param "step" u32) (canon lift (core func $i "hoard")))
  (func $grow (param "by" u32) (result s32) (canon lift (core func $i "grow")))
  (func $divide (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "divide")))
  (func $give-up (canon lift (core func $i "give-up")))
  (func $missing (canon lift (core func $i "missing")))
  (instance (export "test:wat/tables")
    (export "hoard" (func $hoard))
    (export "grow" (func $grow))
    (export "divide" (func $divide))
    (export "give-up" (func $give-up))
    (export "missing" (func $missing))))
