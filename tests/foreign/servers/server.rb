# A calculator in Ruby. Prints its address.
require "grpc"
require "google/protobuf"

Google::Protobuf::DescriptorPool.generated_pool.build do
  add_file("calc.proto", syntax: :proto3) do
    %w[Add Substract Multiply Divide].each do |name|
      add_message("calc.#{name}Request") do
        optional :n1, :int32, 1
        optional :n2, :int32, 2
      end
      add_message("calc.#{name}Reply") do
        optional(name == "Divide" ? :f1 : :n1, name == "Divide" ? :float : :int32, 1)
      end
    end
  end
end

# The class of the message `name`.
def message(name)
  Google::Protobuf::DescriptorPool.generated_pool.lookup("calc.#{name}").msgclass
end

# The service of calc.proto.
class Calculator
  include GRPC::GenericService
  self.marshal_class_method = :encode
  self.unmarshal_class_method = :decode
  self.service_name = "calc.Calculator"
  %w[Add Substract Multiply Divide].each do |name|
    rpc name.to_sym, message("#{name}Request"), message("#{name}Reply")
  end

  def add(request, _call)
    message("AddReply").new(n1: request.n1 + request.n2)
  end

  def substract(request, _call)
    message("SubstractReply").new(n1: request.n1 - request.n2)
  end

  def multiply(request, _call)
    message("MultiplyReply").new(n1: request.n1 * request.n2)
  end

  def divide(request, _call)
    raise GRPC::InvalidArgument, "division by zero" if request.n2.zero?

    message("DivideReply").new(f1: request.n1.fdiv(request.n2))
  end
end

server = GRPC::RpcServer.new
port = server.add_http2_port("127.0.0.1:0", :this_port_is_insecure)
server.handle(Calculator)
puts "127.0.0.1:#{port}"
$stdout.flush
server.run_till_terminated
