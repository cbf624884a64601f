# Toolchain for guests: Debian's clang-19, lld-19, wasi-libc, libc++-19-dev-wasm32, libc++abi-19-dev-wasm32 and
# libclang-rt-19-dev-wasm32. After it, `include(WeftComponent)` finds the function that makes components.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang-19 CACHE STRING "")
set(CMAKE_CXX_COMPILER clang++-19 CACHE STRING "")
# wasm32-wasi and not wasm32-wasip2: Debian has no sysroot of that name, and clang would want a linker it does not
# ship. WeftComponent.cmake makes the component with wasm-tools instead.
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
# CMake's trial programs would need the start-up code that guests do not have.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_EXECUTABLE_SUFFIX_C .core.wasm)
set(CMAKE_EXECUTABLE_SUFFIX_CXX .core.wasm)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
