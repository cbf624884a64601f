;; Twelve core instances, of components within components: a component makes them all when it starts, none while it runs.
(component
  (core module $core (func (export "answer") (result i32) (i32.const 42)))
  (component $four
    (alias outer 1 $core (core module $core))
    (core instance (instantiate $core))
    (core instance (instantiate $core))
    (core instance (instantiate $core))
    (core instance $last (instantiate $core))
    (func (export "answer") (result u32) (canon lift (core func $last "answer"))))
  (instance (instantiate $four))
  (instance (instantiate $four))
  (instance $last (instantiate $four))
  (instance (export "test:wat/crowd") (export "answer" (func $last "answer"))))
