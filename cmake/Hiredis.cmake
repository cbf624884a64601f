# hiredis' reader of Redis' protocol: three C files of the sources that tools/setup.d/hiredis.sh brings.
execute_process(COMMAND sh ${CMAKE_SOURCE_DIR}/tools/setup.d/hiredis.sh
  OUTPUT_VARIABLE hiredis_folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
add_library(hiredis_reader STATIC ${hiredis_folder}/hiredis/alloc.c ${hiredis_folder}/hiredis/read.c
  ${hiredis_folder}/hiredis/sds.c)
target_include_directories(hiredis_reader SYSTEM PUBLIC ${hiredis_folder})
# The numbers of scripts are rare enough for the C library.
target_compile_definitions(hiredis_reader PRIVATE HIREDIS_FLOAT_STRTOD)
target_compile_options(hiredis_reader PRIVATE -ffunction-sections)
if(WEFT_SANITIZE)
  target_compile_options(hiredis_reader PRIVATE -fsanitize=${WEFT_SANITIZE} -fno-omit-frame-pointer)
endif()
