// Buffer methods that Node has always had but @types/node does not declare. They skip the
// encoding dispatch of toString/write, which is measurable on the reply path.
interface Buffer {
  latin1Slice(start?: number, end?: number): string;
  utf8Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
}
