// Calls of every kind with grpc-js: node client.js ADDRESS CA TOKEN PROTO_FOLDER
// Prints the results as JSON.
"use strict";

const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, ca, token, folder] = process.argv.slice(2);
const HEAVY = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)";

const files = ["calc.proto", "grpcalc/v1/evaluator.proto"];
const definition = loader.loadSync(files, { includeDirs: [folder], longs: String });
const { calc, grpcalc } = grpc.loadPackageDefinition(definition);

const encryption = grpc.credentials.createSsl(fs.readFileSync(ca));
const presented = grpc.credentials.createFromMetadataGenerator((_, done) => {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  done(null, metadata);
});
const credentials = grpc.credentials.combineChannelCredentials(encryption, presented);
const calculator = new calc.Calculator(address, credentials);
const evaluator = new grpcalc.v1.EvaluatorService(address, credentials);
const stranger = new calc.Calculator(address, encryption);

// Returns the reply or the error.
function call(stub, method, request, options = {}) {
  return new Promise((resolve) => {
    stub[method](request, options, (error, reply) => resolve(error ?? reply));
  });
}

// google.rpc.ErrorInfo holds the reason as plain bytes, so a text search finds it.
function reason(error) {
  const details = error.metadata.get("grpc-status-details-bin")[0].toString("latin1");
  return details.match(/DIVISION_BY_ZERO/)?.[0];
}

function worksheet(lines) {
  return new Promise((resolve, reject) => {
    const answers = [];
    const stream = evaluator.Worksheet();
    stream.on("data", (response) => {
      for (const { value, fault } of response.answers) {
        answers.push(value?.text ?? fault.reason);
      }
    });
    stream.on("error", reject);
    stream.on("end", () => resolve(answers));
    for (const text of lines) stream.write({ run: { text } });
    stream.end();
  });
}

async function main() {
  const numbers = { n1: 20, n2: 10 };
  const fault = await call(evaluator, "Evaluate", { expression: "1/0" });
  const deadline = { deadline: Date.now() + 100 };
  const late = await call(evaluator, "Evaluate", { expression: HEAVY }, deadline);
  const refused = await call(stranger, "Add", numbers);
  const found = {
    add: (await call(calculator, "Add", numbers)).n1,
    divide: (await call(calculator, "Divide", numbers)).f1,
    evaluate: (await call(evaluator, "Evaluate", { expression: "1/3" })).answer.value.text,
    fault: { code: grpc.status[fault.code], reason: reason(fault) },
    worksheet: await worksheet(["x = 3", "x^2\nx/0"]),
    deadline: grpc.status[late.code],
    stranger: grpc.status[refused.code],
  };
  console.log(JSON.stringify(found));
  for (const stub of [calculator, evaluator, stranger]) stub.close();
}

main();
