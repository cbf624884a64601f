# The Rust static library behind engine/wasmtime/engine.h. Cargo decides what is stale, so it runs on every build;
# its target folder lies outside the checkout and is shared by all build folders.
set(WEFT_CARGO_PROFILE quick CACHE STRING "Cargo profile of the engine: release (fat LTO, shipped) or quick")
if(DEFINED ENV{CARGO_TARGET_DIR})
  set(WEFT_CARGO_TARGET $ENV{CARGO_TARGET_DIR})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(WEFT_CARGO_TARGET $ENV{XDG_CACHE_HOME}/weft/cargo)
else()
  set(WEFT_CARGO_TARGET $ENV{HOME}/.cache/weft/cargo)
endif()

set(engine_dir ${CMAKE_SOURCE_DIR}/engine/wasmtime)
set(engine_library ${WEFT_CARGO_TARGET}/${WEFT_CARGO_PROFILE}/libweft_engine.a)
add_custom_target(engine_cargo
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${WEFT_CARGO_TARGET}
          cargo build --quiet --locked --profile ${WEFT_CARGO_PROFILE} -p engine-static
  WORKING_DIRECTORY ${engine_dir}
  BYPRODUCTS ${engine_library}
  USES_TERMINAL)
find_package(Threads REQUIRED)
add_library(weft_engine_rust STATIC IMPORTED GLOBAL)
set_target_properties(weft_engine_rust PROPERTIES IMPORTED_LOCATION ${engine_library})
target_link_libraries(weft_engine_rust INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
add_dependencies(weft_engine_rust engine_cargo)
