# weft_add_component(name SOURCES a.cpp…
#                    [WIT folder]        the component's own WIT; without it, the worlds of sdk/wit/sdk.wit.in
#                    [WORLD world]       default: http, a component that answers HTTP requests
#                    [WIT_DEPS folder…]  further packages that the WIT uses
#                    [DEBUG]             file and line in trap reports: bigger, and not optimised after the link
#                    [SILENT])           no last words on stderr before a trap: for components without imports
#
# builds name.wasm, a component for WORLD, in WEFT_COMPONENT_DIR (default: the top of the build folder). The packages of
# WASI, wasi:keyvalue and wasmcloud:messaging are there without being named. docs/components-in-cpp.md tells what each
# flag is for.
include_guard(GLOBAL)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH weft_sdk_found)
set(WEFT_SDK ${weft_sdk_found} CACHE INTERNAL "")
set(WEFT_REPOSITORY ${weft_sdk_found}/.. CACHE INTERNAL "")
set(WEFT_COMPONENT_DIR ${CMAKE_BINARY_DIR} CACHE PATH "where the components go")

include(${CMAKE_CURRENT_LIST_DIR}/WasmTools.cmake)
find_program(WEFT_WASM_OPT wasm-opt)  # Debian package binaryen; without it components are a fifth bigger
find_program(WEFT_CCACHE ccache)
if(WEFT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEFT_CCACHE} CACHE STRING "")
endif()

execute_process(COMMAND sh ${WEFT_REPOSITORY}/tools/setup.d/wasi-wit.sh
  OUTPUT_VARIABLE WEFT_WASI_WIT OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS ${WEFT_WASI_WIT}/http.wit weft_http REGEX "^package wasi:http@" LIMIT_COUNT 1)
string(REGEX REPLACE "^.*@(.*);" "\\1" WASI_VERSION ${weft_http})
set(WEFT_SDK_WIT ${CMAKE_BINARY_DIR}/weft-sdk/wit CACHE INTERNAL "")
configure_file(${WEFT_SDK}/wit/sdk.wit.in ${WEFT_SDK_WIT}/sdk.wit @ONLY)

# weft_lay_out_wit(folder out deps…): a custom command that makes `out`, the WIT of `folder` with all it may use.
function(weft_lay_out_wit folder out)
  cmake_path(ABSOLUTE_PATH folder NORMALIZE)
  file(GLOB_RECURSE wit CONFIGURE_DEPENDS ${folder}/*.wit ${WEFT_REPOSITORY}/contracts/wit/wasi-*/*.wit)
  set(deps ${WEFT_REPOSITORY}/contracts/wit/wasi-keyvalue-0.2.0-draft
    ${WEFT_REPOSITORY}/contracts/wit/wasi-keyvalue-0.2.0-draft2
    ${WEFT_REPOSITORY}/contracts/wit/wasmcloud-messaging-0.2.0 ${ARGN})
  if(NOT folder STREQUAL WEFT_SDK_WIT)
    list(APPEND deps ${WEFT_SDK_WIT})
  endif()
  set(copies)
  foreach(dep IN LISTS deps)
    cmake_path(ABSOLUTE_PATH dep NORMALIZE)
    file(GLOB_RECURSE dep_wit CONFIGURE_DEPENDS ${dep}/*.wit)
    list(APPEND wit ${dep_wit})
    string(MD5 place ${dep})  # two packages may sit in folders of one name
    string(SUBSTRING ${place} 0 8 place)
    list(APPEND copies COMMAND ${CMAKE_COMMAND} -E copy_directory ${dep} ${out}/deps/${place})
  endforeach()
  add_custom_command(OUTPUT ${out}/stamp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${out}
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${folder} ${out}
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${WEFT_WASI_WIT} ${out}/deps
    ${copies}
    COMMAND ${CMAKE_COMMAND} -E touch ${out}/stamp
    DEPENDS ${wit} VERBATIM)
endfunction()

# weft_bind(wit world gen): a custom command that writes the C++ headers of a world.
function(weft_bind wit world gen)
  file(GLOB generator CONFIGURE_DEPENDS ${WEFT_REPOSITORY}/tools/witcpp/*.py)
  add_custom_command(OUTPUT ${gen}/stamp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${gen}
    COMMAND Python3::Interpreter ${WEFT_REPOSITORY}/tools/witcpp ${wit} --world ${world} --out ${gen}
      --wasm-tools ${WEFT_WASM_TOOLS}
    COMMAND ${CMAKE_COMMAND} -E touch ${gen}/stamp
    DEPENDS ${wit}/stamp ${generator} VERBATIM)
endfunction()

# The flags of everything that ends up in a component.
add_library(weft_flags INTERFACE)
target_compile_features(weft_flags INTERFACE cxx_std_23)
target_compile_definitions(weft_flags INTERFACE NDEBUG)
target_include_directories(weft_flags INTERFACE ${WEFT_SDK}/include)
target_compile_options(weft_flags INTERFACE -Oz -flto -mtail-call -fno-exceptions -fno-rtti -Wall -Wextra
  -fcolor-diagnostics)
target_link_options(weft_flags INTERFACE -flto -fuse-ld=lld -mexec-model=reactor
  -Wl,--stack-first -Wl,-z,stack-size=65536)

# What every component links: C library calls turned into WASI 0.2, and what the libraries lack.
set(weft_libc ${CMAKE_BINARY_DIR}/weft-sdk/libc)
weft_lay_out_wit(${WEFT_SDK_WIT} ${weft_libc}.wit)
weft_bind(${weft_libc}.wit weft:sdk/libc ${weft_libc}.gen)
set(weft_parts runtime.cpp stdio.cpp system.cpp)
foreach(abort abort abort_silent)
  set(parts ${weft_parts} ${abort}.cpp)
  list(TRANSFORM parts PREPEND ${WEFT_SDK}/src/)
  add_library(weft_runtime_${abort} OBJECT EXCLUDE_FROM_ALL ${parts} ${weft_libc}.gen/stamp)
  target_include_directories(weft_runtime_${abort} PRIVATE ${weft_libc}.gen)
  target_link_libraries(weft_runtime_${abort} PRIVATE weft_flags)
endforeach()

function(weft_add_component name)
  cmake_parse_arguments(PARSE_ARGV 1 c "DEBUG;SILENT" "WORLD;WIT" "SOURCES;WIT_DEPS")
  if(c_UNPARSED_ARGUMENTS OR NOT c_SOURCES)
    message(FATAL_ERROR "weft_add_component(${name} SOURCES … [WIT …] [WORLD …] [WIT_DEPS …] [DEBUG] [SILENT]), "
      "not: ${c_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT c_WIT)
    set(c_WIT ${WEFT_SDK_WIT})
  endif()
  if(NOT c_WORLD)
    set(c_WORLD weft:sdk/http)
  endif()
  set(work ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir)
  weft_lay_out_wit(${c_WIT} ${work}/wit ${c_WIT_DEPS})
  weft_bind(${work}/wit ${c_WORLD} ${work}/gen)

  add_executable(${name} ${c_SOURCES} ${work}/gen/stamp)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${work})
  target_include_directories(${name} PRIVATE ${work}/gen)
  target_link_libraries(${name} PRIVATE weft_flags
    $<IF:$<BOOL:${c_SILENT}>,weft_runtime_abort_silent,weft_runtime_abort>)

  set(core $<TARGET_FILE:${name}>)
  set(component ${WEFT_COMPONENT_DIR}/${name}.wasm)
  set(optimise)
  set(strip COMMAND ${WEFT_WASM_TOOLS} strip --all ${component} -o ${component})
  if(c_DEBUG)
    target_compile_options(${name} PRIVATE -g)
    set(strip)
  else()
    target_link_options(${name} PRIVATE -Wl,--strip-all)
    if(WEFT_WASM_OPT)
      # The features are named because 108 writes those it should not use in encodings of older drafts.
      set(optimise COMMAND ${WEFT_WASM_OPT} -Oz --enable-bulk-memory --enable-sign-ext --enable-tail-call
        --enable-mutable-globals --enable-nontrapping-float-to-int ${core} -o ${core})
    endif()
  endif()
  # Two worlds are embedded, what the component says of itself and what its C library may need; the second step keeps
  # of them what the module imports.
  add_custom_command(TARGET ${name} POST_BUILD
    ${optimise}
    COMMAND ${WEFT_WASM_TOOLS} component embed ${work}/wit --world weft:sdk/libc ${core} -o ${core}.embedded
    COMMAND ${WEFT_WASM_TOOLS} component embed ${work}/wit --world ${c_WORLD} ${core}.embedded -o ${core}.embedded
    COMMAND sh ${WEFT_SDK}/cmake/component_new.sh ${WEFT_WASM_TOOLS} ${core}.embedded ${component}
    ${strip}
    BYPRODUCTS ${component} VERBATIM)
endfunction()

# weft_add_rust_components(target CRATE folder COMPONENTS file[=name]…): builds a crate or workspace for wasm32-wasip2, so
# that one build makes all guests of an application. Each file.wasm that cargo makes becomes the component file or name.
# Cargo finds out itself what changed.
function(weft_add_rust_components target)
  cmake_parse_arguments(PARSE_ARGV 1 c "" "CRATE" "COMPONENTS")
  cmake_path(ABSOLUTE_PATH c_CRATE NORMALIZE)
  find_program(WEFT_CARGO cargo PATHS $ENV{HOME}/.cargo/bin REQUIRED)
  set(cargo_target ${CMAKE_BINARY_DIR}/cargo)
  set(copies)
  set(components)
  foreach(pair IN LISTS c_COMPONENTS)
    string(REGEX MATCH "^([^=]+)=?(.*)$" pair ${pair})
    set(component ${WEFT_COMPONENT_DIR}/${CMAKE_MATCH_2}.wasm)
    if(NOT CMAKE_MATCH_2)
      set(component ${WEFT_COMPONENT_DIR}/${CMAKE_MATCH_1}.wasm)
    endif()
    list(APPEND components ${component})
    list(APPEND copies COMMAND ${CMAKE_COMMAND} -E copy_if_different
      ${cargo_target}/wasm32-wasip2/release/${CMAKE_MATCH_1}.wasm ${component})
  endforeach()
  add_custom_target(${target} ALL
    COMMAND ${CMAKE_COMMAND} -E env --unset=RUSTFLAGS --unset=CARGO_BUILD_TARGET
      ${WEFT_CARGO} build --quiet --locked --release --target wasm32-wasip2 --target-dir ${cargo_target}
    ${copies}
    BYPRODUCTS ${components} WORKING_DIRECTORY ${c_CRATE} JOB_POOL weft_cargo VERBATIM)
endfunction()
# Cargo runs its own jobs, and one cargo at a time holds the target folder.
set_property(GLOBAL APPEND PROPERTY JOB_POOLS weft_cargo=1)
