-- Send the requests of a file, separated by NUL, in turn. Print the result as JSON.
local requests, last = {}, 0

function init(arguments)
  for raw in io.open(arguments[1], "rb"):read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = raw
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"responses": %d, "bytes": %d, "errors": %d, "seconds": %f, "p50": %f, "p99": %f}\n',
    summary.requests, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
