// A calculator that is made with Connect for Node.js. Prints its address.
// $1: the descriptors of calc.proto.
const fs = require("node:fs");
const http2 = require("node:http2");
const { create, createFileRegistry, fromBinary } = require("@bufbuild/protobuf");
const { FileDescriptorSetSchema } = require("@bufbuild/protobuf/wkt");
const { Code, ConnectError } = require("@connectrpc/connect");
const { connectNodeAdapter } = require("@connectrpc/connect-node");

const set = fromBinary(FileDescriptorSetSchema, fs.readFileSync(process.argv[2]));
const calculator = createFileRegistry(set).getService("calc.Calculator");
const server = http2.createServer(
  connectNodeAdapter({
    routes(router) {
      router.service(calculator, {
        add: ({ n1, n2 }) => ({ n1: n1 + n2 }),
        substract: ({ n1, n2 }) => ({ n1: n1 - n2 }),
        multiply: ({ n1, n2 }) => ({ n1: n1 * n2 }),
        divide({ n1, n2 }) {
          if (n2 === 0) throw new ConnectError("division by zero", Code.InvalidArgument);
          return { f1: n1 / n2 };
        },
      });
    },
  }),
);
server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
