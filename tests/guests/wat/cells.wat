;; A component with a resource of its own, which its functions take and return.
(component
  (type $own-cell (resource (rep i32)))
  (core func $new (canon resource.new $own-cell))
  (core module $core
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (result i32) (call $new (i32.const 7)))
    (func (export "read") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32 i32))
    (func (export "plain") (result i32) (i32.const 42)))
  (core instance $i (instantiate $core (with "" (instance (export "new" (func $new))))))
  (export $cell "cell" (type $own-cell))
  (func (export "make") (result (own $cell)) (canon lift (core func $i "make")))
  (func (export "read") (param "c" (borrow $cell)) (result u32) (canon lift (core func $i "read")))
  (func (export "take") (param "c" (option (own $cell))) (canon lift (core func $i "take")))
  (func (export "plain") (result u32) (canon lift (core func $i "plain"))))
