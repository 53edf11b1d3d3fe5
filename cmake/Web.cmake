# Target web_assets: web/ built by npm and compiled into a library, see src/server/http/assets.hpp.
find_program(NPM npm)
find_program(NODE NAMES node nodejs)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(WEB_DIR ${CMAKE_SOURCE_DIR}/web)
set(WEB_DIST ${CMAKE_BINARY_DIR}/web/dist)
set(WEB_CPP ${CMAKE_BINARY_DIR}/web/web_assets.cpp)
file(GLOB_RECURSE WEB_INPUTS CONFIGURE_DEPENDS ${WEB_DIR}/src/*.ts ${WEB_DIR}/src/*.tsx ${WEB_DIR}/src/*.css ${WEB_DIR}/public/*)
list(FILTER WEB_INPUTS EXCLUDE REGEX "\\.test\\.tsx?$|/src/testing/")

set(WEB_PROBLEM "")
if(NOT NPM OR NOT NODE)
  set(WEB_PROBLEM "the web UI needs npm and Node.js 20.19 or newer, and they are not on PATH")
else()
  execute_process(COMMAND ${NODE} --version OUTPUT_VARIABLE WEB_NODE_VERSION OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "v" "" WEB_NODE_VERSION "${WEB_NODE_VERSION}")
  if(WEB_NODE_VERSION VERSION_LESS 20.19)
    set(WEB_PROBLEM "the web UI needs Node.js 20.19 or newer, and ${NODE} is ${WEB_NODE_VERSION}")
  endif()
endif()

if(WEB_PROBLEM)
  # Said when the target is built, not at configure time: the other programs need no Node.
  add_custom_command(OUTPUT ${WEB_CPP}
    COMMAND ${CMAKE_COMMAND} -E echo "error: ${WEB_PROBLEM}."
    COMMAND ${CMAKE_COMMAND} -E echo "Install them: on Debian 13, apt-get install nodejs npm. On Debian 12 the package is too old, take Node.js 20 or 22 from nodejs.org. Then run cmake again."
    COMMAND ${CMAKE_COMMAND} -E false VERBATIM)
else()
  set(WEB_MODULES ${WEB_DIR}/node_modules/.package-lock.json)
  add_custom_command(OUTPUT ${WEB_MODULES}
    DEPENDS ${WEB_DIR}/package.json ${WEB_DIR}/package-lock.json
    COMMAND ${NPM} ci --no-audit --no-fund
    COMMAND ${CMAKE_COMMAND} -E touch ${WEB_MODULES}
    WORKING_DIRECTORY ${WEB_DIR} COMMENT "web: npm ci" VERBATIM)
  add_custom_command(OUTPUT ${WEB_CPP}
    DEPENDS ${WEB_MODULES} ${WEB_INPUTS} ${WEB_DIR}/index.html ${WEB_DIR}/vite.config.ts ${CMAKE_SOURCE_DIR}/tools/embed_web.py
    COMMAND ${NODE} ${WEB_DIR}/node_modules/vite/bin/vite.js build --logLevel warn --outDir ${WEB_DIST} --emptyOutDir
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed_web.py ${WEB_DIST} ${WEB_CPP}
    WORKING_DIRECTORY ${WEB_DIR} COMMENT "web: build and embed" VERBATIM)
endif()

add_library(web_assets STATIC ${WEB_CPP})
target_include_directories(web_assets PUBLIC ${CMAKE_SOURCE_DIR}/src)
harden(web_assets)
