/** Attributes as instrumented agents send them (OpenTelemetry's GenAI conventions): about ten a span with the common ones. */
import type { OtlpAttributes } from '#schemas/otlp/write.ts';

export const COMMON: OtlpAttributes = {
  'deployment.environment.name': 'production',
  'gen_ai.provider.name': 'anthropic',
  'server.address': 'agents.internal',
  'server.port': 8443,
};

export const agent = (role: string, name: string, input = 812, output = 164): OtlpAttributes => ({
  'ati.role': role,
  'gen_ai.operation.name': 'invoke_agent',
  'gen_ai.agent.name': name,
  'gen_ai.request.model': 'claude-sonnet-4',
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
});

export const chat = (input: number, output: number): OtlpAttributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'claude-sonnet-4',
  'gen_ai.response.model': 'claude-sonnet-4',
  'gen_ai.request.max_tokens': 1024,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
});

export const tool = (name: string, status = 200): OtlpAttributes => ({
  'ati.role': 'tool',
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': name,
  'http.request.method': 'POST',
  'http.response.status_code': status,
  'network.protocol.version': '1.1',
});
