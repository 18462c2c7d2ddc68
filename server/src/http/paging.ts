/** A page of a list in the native form. */
export function pageOf<T>(data: T[], total: number, { page, per_page }: { page: number; per_page: number }) {
  return { success: true as const, data, pagination: { page, per_page, total, total_pages: Math.ceil(total / per_page) } }
}
