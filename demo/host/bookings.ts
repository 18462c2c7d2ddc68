/** One firing that a maker has booked in a studio's kiln. */
export interface Booking {
  id: string
  kiln: string
  studio: string
  firing: string
  peak: string
  shelves: number
  start: Date
  price: number
  status: 'Confirmed' | 'Waiting for studio' | 'Firing now' | 'Cooling' | 'Collected'
}

export interface Payout {
  id: string
  date: Date
  firings: number
  amount: number
  status: 'Paid' | 'On its way'
}

export interface Account {
  bookings: Booking[]
  payouts: Payout[]
  balance: number
  plan: string
  since: string
}

const hour = 3_600_000
const day = 24 * hour

/** A day and hour counted from today, so that the demo never looks stale. */
const at = (now: Date, days: number, hours: number) => new Date(Math.floor(now.getTime() / day) * day + days * day + hours * hour)

const maker = (now: Date): Account => ({
  balance: 214.5,
  plan: 'Maker',
  since: 'March 2024',
  bookings: [
    booking('KS-4821', 'Big Marta', 'Atelier Nord', 'Glaze', '1240 °C', 3, at(now, -1, 20), 64, 'Firing now'),
    booking('KS-4816', 'Skutt 1027', 'Clay & Co.', 'Bisque', '1000 °C', 2, at(now, -2, 17), 38, 'Cooling'),
    booking('KS-4839', 'Big Marta', 'Atelier Nord', 'Glaze', '1260 °C', 4, at(now, 3, 9), 82, 'Confirmed'),
    booking('KS-4844', 'Little Rohde', 'Fournier Ceramics', 'Lustre', '780 °C', 1, at(now, 6, 14), 29.5, 'Waiting for studio'),
    booking('KS-4790', 'Skutt 1027', 'Clay & Co.', 'Bisque', '1000 °C', 3, at(now, -9, 10), 57, 'Collected'),
  ],
  payouts: [
    { id: 'PO-0093', date: at(now, 2, 0), firings: 4, amount: 214.5, status: 'On its way' },
    { id: 'PO-0088', date: at(now, -12, 0), firings: 6, amount: 338, status: 'Paid' },
    { id: 'PO-0081', date: at(now, -26, 0), firings: 3, amount: 171.25, status: 'Paid' },
  ],
})

const studio = (now: Date): Account => ({
  balance: 1086,
  plan: 'Studio',
  since: 'October 2022',
  bookings: [
    booking('KS-4842', 'The Anagama', 'Lindqvist Keramik', 'Wood', '1300 °C', 8, at(now, 5, 6), 240, 'Confirmed'),
    booking('KS-4835', 'Nabertherm 300', 'Lindqvist Keramik', 'Glaze', '1220 °C', 5, at(now, 1, 8), 110, 'Confirmed'),
    booking('KS-4829', 'Nabertherm 300', 'Lindqvist Keramik', 'Bisque', '980 °C', 5, at(now, -1, 8), 75, 'Cooling'),
  ],
  payouts: [
    { id: 'PO-0091', date: at(now, 1, 0), firings: 11, amount: 1086, status: 'On its way' },
    { id: 'PO-0084', date: at(now, -13, 0), firings: 9, amount: 902.4, status: 'Paid' },
  ],
})

function booking(
  id: string,
  kiln: string,
  house: string,
  firing: string,
  peak: string,
  shelves: number,
  start: Date,
  price: number,
  status: Booking['status'],
): Booking {
  return { id, kiln, studio: house, firing, peak, shelves, start, price, status }
}

/** What Kilnshare knows of a user; somebody new has nothing yet. */
export function accountOf(userId: string, now: Date): Account {
  if (userId === 'alice') return maker(now)
  if (userId === 'bob') return studio(now)
  return { bookings: [], payouts: [], balance: 0, plan: 'Maker', since: 'today' }
}

/** Kilns nearby with shelves to spare. */
export const kilnsNearby = [
  { name: 'Big Marta', studio: 'Atelier Nord', distance: '1.2 km', detail: 'Gas, 420 l, up to 1300 °C', free: 5, of: 9, price: 16 },
  { name: 'Skutt 1027', studio: 'Clay & Co.', distance: '2.8 km', detail: 'Electric, 190 l, up to 1290 °C', free: 2, of: 6, price: 14 },
  { name: 'Little Rohde', studio: 'Fournier Ceramics', distance: '4.1 km', detail: 'Electric, 60 l, up to 1320 °C', free: 3, of: 3, price: 22 },
]
