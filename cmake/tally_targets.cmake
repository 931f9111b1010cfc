# One way to declare a library, a program and a test binary, so that flags are set in one place.

add_library(tally_flags INTERFACE)
target_compile_options(tally_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                       -Wnon-virtual-dtor -Woverloaded-virtual -fno-strict-overflow)
if(TALLY_WERROR)
  target_compile_options(tally_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside libstdc++ and Boost headers at -O2.
  target_compile_options(tally_flags INTERFACE -fcoroutines -Wno-error=restrict -Wno-error=maybe-uninitialized
                         -Wno-error=stringop-overflow -Wno-error=array-bounds -Wno-error=dangling-pointer)
endif()
if(TALLY_SANITIZE)
  target_compile_options(tally_flags INTERFACE -fsanitize=${TALLY_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(tally_flags INTERFACE -fsanitize=${TALLY_SANITIZE})
endif()
find_program(TALLY_MOLD mold)
if(TALLY_MOLD)
  target_link_options(tally_flags INTERFACE -fuse-ld=mold)
endif()

# The standard headers that nearly every unit needs, compiled once.
set(TALLY_PCH <algorithm> <array> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
              <unordered_map> <utility> <variant> <vector>)

# tally_library(NAME common DEPENDS ... [SOURCES ...] [EXCEPT ...]): all .cpp files of the current folder, or those that
# are named, without those that are excepted.
function(tally_library)
  cmake_parse_arguments(ARG "" "NAME" "DEPENDS;PRIVATE_DEPENDS;SOURCES;EXCEPT" ${ARGN})
  set(sources ${ARG_SOURCES})
  if(NOT sources)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    list(TRANSFORM ARG_EXCEPT PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    list(REMOVE_ITEM sources ${ARG_EXCEPT})
  endif()
  add_library(tally_${ARG_NAME} STATIC ${sources})
  target_include_directories(tally_${ARG_NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(tally_${ARG_NAME} PUBLIC ${ARG_DEPENDS} PRIVATE tally_flags ${ARG_PRIVATE_DEPENDS})
  target_precompile_headers(tally_${ARG_NAME} PRIVATE ${TALLY_PCH})
endfunction()

# tally_program(NAME tallyd DEPENDS ...): all .cpp files of the current folder.
function(tally_program)
  cmake_parse_arguments(ARG "" "NAME" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_executable(${ARG_NAME} ${sources})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPENDS} tally_flags)
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# tally_test(NAME common DEPENDS ... [SOURCES ...] [PROPERTIES ...]): one Catch2 binary from all .cpp files of the
# current folder, or those that are named; every test case becomes a CTest test with these properties.
function(tally_test)
  cmake_parse_arguments(ARG "" "NAME" "DEPENDS;PROPERTIES;SOURCES" ${ARGN})
  set(sources ${ARG_SOURCES})
  if(NOT sources)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  endif()
  add_executable(test_${ARG_NAME} ${sources})
  target_include_directories(test_${ARG_NAME} PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_compile_definitions(test_${ARG_NAME} PRIVATE TALLY_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             TALLY_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(test_${ARG_NAME} PRIVATE ${ARG_DEPENDS} tally_test_main tally_flags)
  set_target_properties(test_${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  catch_discover_tests(test_${ARG_NAME} TEST_PREFIX "${ARG_NAME}: " EXTRA_ARGS --warn NoTests PROPERTIES TIMEOUT 300 ${ARG_PROPERTIES})
endfunction()
